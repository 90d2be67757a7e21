"""The policy as a form: made from the table, what is shown reads back the same, no field is without an input."""

import pytest
from hypothesis import given

from policies.checks import contradictions, expired
from policies.document import FIELDS, PolicyDocument, Refused
from policies.filling import COMMON, beside, from_typed, inputs, typed
from policies.peers import Stance
from policies.presets import preset
from policies.times import moment
from tests.policies.making import DOCUMENTS, FEW

OPEN = preset("open")


def test_every_field_has_one_input() -> None:
    assert [one.name for one in inputs()] == [line.name for line in FIELDS]
    assert {one.name for one in inputs() if one.common} == set(COMMON)


@FEW
@given(DOCUMENTS)
def test_what_is_shown_reads_back(document: PolicyDocument) -> None:
    if contradictions(document) or expired(document, 1):
        with pytest.raises(Refused) as refused:
            from_typed(typed(document), document, 1)
        assert "" not in beside(refused.value.wrong)
    else:
        assert from_typed(typed(document), document, 1) == document


def test_a_list_that_is_too_long_stays_as_it_is() -> None:
    long = OPEN
    for number in range(600):
        long = long.with_stance(f"{number}.bad.example", Stance.BLOCKED, "from a list")
    assert "peers" not in typed(long)
    assert from_typed(typed(long), long, 1) == long


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("incoming.mentions_held_above", "many"),
        ("retention.remote_posts", "soon"),
        ("incoming.accepted_kinds", "No te"),
        ("default", "sometimes"),
        ("peers", "[promises]\nauthorized_fetch = true"),
        ("peers", '[peers.rules."x.example"]\nstance = "odd"'),
        ("peers", f'[peers.rules."x.example"]\nstance = "held"\nreason = ""\nuntil = {moment(1000)}'),
        ("incoming.words", "x = ["),
        ("peers", "peers = 3"),
        ("peers", "peers.rules = 3"),
    ],
)
def test_mistakes_stand_beside_their_input(name: str, value: str) -> None:
    with pytest.raises(Refused) as refused:
        from_typed(typed(OPEN) | {name: value}, OPEN, 2000)
    assert list(beside(refused.value.wrong)) == [name]
