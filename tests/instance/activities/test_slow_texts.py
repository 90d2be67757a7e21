"""Texts that would keep readers busy for minutes, each begun anew at every letter: a post costs little, whatever it says."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from federation.vocab.types import Attachment, Object
from instance.activities.arriving.judging import has_links
from instance.activities.arriving.wording import content_of
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


@pytest.mark.parametrize("unit", ["<img &>", "<img x=y>", "<img &amp;"])
def test_pictures_that_are_shown_below_are_taken_out_in_time(unit: str) -> None:
    files = [Attachment(kind="image", url=f"https://peer.example/{number}.png") for number in range(50)]
    about = Object(id="https://peer.example/1", type="Note", content=unit * (LONG // len(unit)), attachments=files)
    site: Any = SimpleNamespace(base_url="https://a.example", settings=SimpleNamespace(locale="en"))
    started = time.process_time()
    content_of(about, site)
    assert time.process_time() - started < 1
