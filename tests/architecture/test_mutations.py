"""The table of mutations fits the code: every control that it takes out is there, and tests name every danger."""

import re
from pathlib import Path

import pytest

from tests.mutation.run import applied
from tests.mutation.table import MUTATIONS, OPEN, Mutation

ROOT = Path(__file__).parents[2]
NUMBERS = set(range(1, 31))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation.number}-{mutation.control}")
def test_the_control_is_where_the_table_says(mutation: Mutation) -> None:
    changed = applied(mutation, ROOT)
    assert changed != (ROOT / mutation.path).read_text()
    compile(changed, mutation.path, "exec")
    named = re.compile(rf"def test_thirty_{mutation.number:02d}_")
    assert any(named.search((ROOT / path).read_text()) for path in mutation.tests)


def test_all_thirty_have_a_mutation_or_are_open() -> None:
    assert {mutation.number for mutation in MUTATIONS} | set(OPEN) == NUMBERS
