"""Texts that would keep readers busy for minutes, each begun anew at every letter: a post costs little, whatever it says."""

import time

import pytest

from federation.vocab.types import Object
from instance.activities.judging import has_links
from instance.sanitise import clean
from policies.phrases import Phrases

LONG = 300_000  # what fits into one activity


@pytest.mark.parametrize("unit", ["<a ", "<a href", "<a x></a", "a.a-", "a+", "ab://", "http://a "])
def test_links_are_found_in_time(unit: str) -> None:
    started = time.process_time()
    found = has_links(Object(content=unit * (LONG // len(unit))))
    assert time.process_time() - started < 1
    assert found == (unit in {"ab://", "http://a "})


@pytest.mark.parametrize("unit", ['<img alt="x" ', "<img alt='y' ", "<img ", '<img alt="'])
def test_pictures_are_taken_out_in_time(unit: str) -> None:
    started = time.process_time()
    clean(unit * (LONG // len(unit)))
    assert time.process_time() - started < 0.8


def test_words_are_looked_for_in_time_whatever_the_letters_stand_for() -> None:
    started = time.process_time()
    assert Phrases(["spam"]).found("\ufdfa" * 500_000 + " spam") == []
    assert Phrases(["spam"]).found("\ufdfa" * 1000 + " spam") == [0]
    assert time.process_time() - started < 1.5
