"""Refusals: what a member or an app asked for can't be done, why, and what to do. A code, parameters and a sentence.

The sentence is marked for translation where it is raised and put into the reader's language at the door.
"""

from typing import Any


class RefusalError(Exception):
    """Something was refused, nothing was changed.

    `code` is stable, for programs; `sentence` is an English template marked with `N_`, filled with `params`;
    `status` is what HTTP says.
    """

    def __init__(self, code: str, sentence: str, *, status: int = 422, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence
        self.status = status
        self.params = params


class NotFoundError(RefusalError):
    """Absent, or not for this reader: the two are not told apart."""

    def __init__(self) -> None:
        super().__init__("not-found", "Record not found", status=404)
