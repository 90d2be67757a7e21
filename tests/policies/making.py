"""Made-up policies: a hypothesis strategy for every kind of field, so that a new field is tried without a new test."""

import re
import string
from dataclasses import fields
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from policies.document import PolicyDocument
from policies.fields import Line, lines_of
from policies.kinds import Choice, Count, Flag, Moment, Span, Text, Words
from policies.peers import Stance
from policies.records import ByName, Listed

LABELS = st.sampled_from(["a", "b", "x1", "peer", "example", "org"])
HOSTS = st.builds(
    lambda labels, port: ".".join(labels) + port,
    st.lists(LABELS, min_size=1, max_size=4),
    st.sampled_from(["", ":8443", ":80"]),
)
IRIS = st.builds(lambda host, name: f"https://{host}/u/{name}", HOSTS, st.sampled_from(["anna", "ben", "3"]))
TEXTS = st.text(max_size=12) | st.text(string.printable, max_size=12)
STANCES = st.sampled_from(list(Stance))
NAMES_OF = {"peer.example": HOSTS, "hashtag": st.sampled_from(["cure", "krebs", "grösse"])}


def values(line: Line) -> st.SearchStrategy[Any]:
    """Values that a field can have."""
    match line.spec.kind:
        case Flag():
            return st.booleans()
        case Choice() as kind:
            return st.sampled_from(list(kind.words_known))
        case Span():
            return st.none() | st.integers(0, 20_000)
        case Count() as kind:
            return st.none() | st.integers(kind.low, kind.high)
        case Moment():
            return st.none() | st.integers(1, 4_000_000_000).map(lambda seconds: seconds * 1000)
        case Words() as kind:
            return st.frozensets(
                st.sampled_from(list(kind.words_known)) if kind.words_known else _words(kind), max_size=4
            )
        case Text() as kind:
            if not kind.pattern:
                return TEXTS
            return TEXTS.filter(lambda text: re.search(r"\w", text) is not None)
        case ByName() as kind:
            return st.dictionaries(NAMES_OF.get(kind.example, IRIS), built(kind.cls), max_size=4)
        case Listed() as kind:
            return st.lists(built(kind.cls), max_size=3).map(tuple)
        case other:
            raise AssertionError(f"no strategy for {other}")


def _words(kind: Words) -> st.SearchStrategy[str]:
    if kind.example == "DE":
        return st.sampled_from(["DE", "FR", "EU", "GB"])
    return st.sampled_from(["Note", "Create", "Question"]) if kind.example == "Note" else IRIS


def built(cls: type) -> st.SearchStrategy[Any]:
    """Objects of a class of the table; every second section is as it was left."""
    lines = {line.name: line for line in lines_of(cls)}
    parts: dict[str, st.SearchStrategy[Any]] = {}
    for one in fields(cls):
        if inner := one.metadata.get("section"):
            parts[one.name] = st.builds(inner) | built(inner)
        else:
            parts[one.name] = values(lines[one.name])
    return st.builds(cls, **parts)


FEW = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
"""A whole policy takes long to make up."""
DOCUMENTS: st.SearchStrategy[PolicyDocument] = built(PolicyDocument)
