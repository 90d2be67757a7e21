"""Hot reads: SQL written once, run directly on the driver (DECISIONS 2).

A query is text with `:name` parameters that both databases understand: no comparison of booleans with numbers, no
function that only one of them has. `id IN {ids}` takes a list of ids, given through `as_list`.
"""

import re

_NAME = re.compile(r"(?<!:):([a-z_]+)")


class Query:
    """One precompiled question.

    PostgreSQL infers the type of a parameter from its first use; cast where there is none: `CAST(:x AS bigint)`.
    """

    def __init__(self, sql: str) -> None:
        self.sqlite = re.sub(r"\{([a-z_]+)\}", r"(SELECT value FROM json_each(:\1))", sql)
        listed = re.sub(
            r"\{([a-z_]+)\}", r"(SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:\1 AS json)))", sql
        )
        self.names: list[str] = []
        self.postgres = _NAME.sub(self._number, listed)

    def _number(self, match: re.Match[str]) -> str:
        name = match[1]
        if name not in self.names:
            self.names.append(name)
        return f"${self.names.index(name) + 1}"


def as_list(ids: list[int]) -> str:
    """A list of ids as the value of a `{name}` parameter."""
    return "[" + ",".join(map(str, ids)) + "]"
