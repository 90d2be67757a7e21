"""Lists that others make of servers, read into advice: Mastodon's CSV, FIRES and Fediseer's JSON. Pure; never raises for a row.

Sources: Mastodon's admin export of domain blocks; FIRES (FediMod), protocol reference and reference server of December 2025: snapshots,
pages of changes, filters; Fediseer's API v1 (censures, hesitations, endorsements, whitelist).
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from instance.i18n import N_
from policies.peers import Stance, clean_host
from policies.times import millis
from policies.treatments import Treatment

BLOCKED, LIMITED, ALLOWED, NOTED, RETRACTED = "blocked", "limited", "allowed", "noted", "retracted"
SILENT = frozenset({NOTED, RETRACTED})
"""Opinions that advise no stance."""
MOST_LETTERS = 2_000_000
MOST_ROWS = 20_000
FORMULA = ("=", "+", "-", "@", "|", "%", "'")
MOST_MISSED = 100
"""Names that stand otherwise in the text (written with escapes); looking on for each would take minutes."""
LONGEST = 1000
FORMS = ("mastodon", "fires", "fediseer")
SEVERITIES = {"suspend": BLOCKED, "silence": LIMITED, "noop": NOTED, "": BLOCKED}
POLICIES = {"drop": BLOCKED, "reject": BLOCKED, "filter": LIMITED, "accept": ALLOWED, "": NOTED}
FILTERS: dict[str, frozenset[Treatment]] = {
    "auto-unlisted": frozenset({Treatment.UNLISTED}),
    "auto-cw": frozenset({Treatment.WARNING}),
    "auto-label": frozenset({Treatment.WARNING}),
    "auto-sensitive": frozenset({Treatment.SENSITIVE}),
    "require-follow-requests": frozenset({Treatment.NO_FOLLOWS}),
    "reject-non-public": frozenset({Treatment.PUBLIC_ONLY}),
    "ignore-non-public": frozenset({Treatment.PUBLIC_ONLY}),
    "reject-replies": frozenset({Treatment.NO_REPLIES}),
    "ignore-replies": frozenset({Treatment.NO_REPLIES}),
    "reject-media": frozenset({Treatment.NO_MEDIA}),
    "reject-profile-avatars": frozenset({Treatment.NO_AVATARS}),
    "reject-profile-media": frozenset({Treatment.NO_AVATARS, Treatment.NO_BANNERS}),
    "reject-reports": frozenset({Treatment.NO_REPORTS}),
    "ignore-reports": frozenset({Treatment.NO_REPORTS}),
}
"""FIRES' filters that we have a treatment for; the others are shown to the steward by their names."""
OPINIONS = {"censure": BLOCKED, "hesitation": LIMITED, "endorsement": ALLOWED}
COLUMNS = ("domain", "severity", "reject_media", "reject_reports", "public_comment", "obfuscate")
NO_HOST = N_("Line {line}: there is no name of a server.")
NO_SEVERITY = N_("Line {line}: “{value}” is no severity; suspend, silence or noop is wanted.")
NO_POLICY = N_("Line {line}: “{value}” is no recommendation that we know.")
NO_SERVER = N_("Line {line}: this speaks of something else than a server ({value}); only servers are taken.")
WITHDRAWN = N_("Line {line}: an entry was withdrawn for good; the list says nothing of it any more.")
NO_JSON = N_("Line {line}: this is no JSON.")
NO_LIST = N_("Line {line}: there is no list of servers in it.")
ONLY_NAMES_IT = N_("Line {line}: this only says where the list is. Save what stands at {value}, and take that.")
TOO_MANY = N_("Line {line}: the list is longer than 20,000 entries; what follows was not read.")
TOO_LONG = N_("Line {line}: the text is too long; nothing was read.")


@dataclass(frozen=True, slots=True)
class Advice:
    """What one line says of one server."""

    host: str
    opinion: str
    line: int
    reason: str = ""
    treat: frozenset[Treatment] = frozenset()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that says nothing we understand: a template with `{line}`, and perhaps `{value}`."""

    line: int
    template: str
    value: str = ""


@dataclass(slots=True)
class Taken:
    """A list as it was read; each line is either advice or bad."""

    advice: list[Advice] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)


def read(form: str, text: str, opinion: str = "censure") -> Taken:
    """Read a list. `opinion` says what Fediseer's bare domains mean: censure, hesitation, endorsement."""
    taken = Taken()
    if len(text) > MOST_LETTERS:
        taken.bad.append(Bad(1, TOO_LONG))
        return taken
    rows: dict[str, Callable[[], Iterator[Advice | Bad]]] = {
        "mastodon": lambda: _mastodon(text),
        "fires": lambda: _fires(text),
        "fediseer": lambda: _fediseer(text, opinion),
    }
    for row in rows[form]():
        if isinstance(row, Bad):
            taken.bad.append(row)
        else:
            taken.advice.append(row)
        if len(taken.advice) + len(taken.bad) >= MOST_ROWS:
            taken.bad.append(Bad(row.line, TOO_MANY))
            break
    return taken


def _mastodon(text: str) -> Iterator[Advice | Bad]:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    reader = csv.reader(io.StringIO(lines))
    names: tuple[str, ...] = COLUMNS
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Bad(reader.line_num, NO_HOST)
            continue
        heads = tuple(cell.strip().lstrip("#").strip().lower() for cell in cells)
        if "domain" in heads:
            names = heads
        elif any(cell.strip() for cell in cells):
            yield _row(dict(zip(names, cells, strict=False)), reader.line_num)


def _row(cells: dict[str, str], line: int) -> Advice | Bad:
    host, severity = _host(cells.get("domain", "")), cells.get("severity", "").strip().lower()
    if host is None:
        return Bad(line, NO_HOST)
    if severity not in SEVERITIES:
        return Bad(line, NO_SEVERITY, severity[:40])
    flags = {"reject_media": Treatment.NO_MEDIA, "reject_reports": Treatment.NO_REPORTS}
    treat = frozenset(what for name, what in flags.items() if _yes(cells.get(name, "")))
    known = {*COLUMNS, "private_comment"}
    rest = {name: value[:LONGEST] for name, value in cells.items() if name not in known and value}
    details = rest | ({"obfuscate": True} if _yes(cells.get("obfuscate", "")) else {})
    if cells.get("private_comment"):
        details["private_comment"] = cells["private_comment"][:LONGEST]
    return Advice(host, SEVERITIES[severity], line, _text(_alive(cells.get("public_comment", ""))), treat, details)


def _fires(text: str) -> Iterator[Advice | Bad]:
    """The newest entry on each server counts: a list of changes says all that was ever said, the oldest first."""
    data, bad = _json(text)
    if bad is not None:
        yield bad
        return
    found = _items(data, ("orderedItems", "items", "recommendations", "labels", "data"))
    if found is None:
        found = [data] if isinstance(data, Mapping) and "entityKey" in data else None
    if found is None:
        yield _where_it_is(data)
        return
    where, newest = _Where(text), dict[str, tuple[int, Advice]]()
    for item in found:
        entry: Mapping[str, Any] = item if isinstance(item, Mapping) else {}
        name = _first(entry, "entityKey", "domain", "entity", "name")
        read = _change(entry, name, where.line_of(name or _first(entry, "id")))
        if isinstance(read, Bad):
            yield read
            continue
        at = millis(entry.get("published")) or 0
        before = newest.pop(read.host, None)
        newest[read.host] = before if before is not None and before[0] > at else (at, read)
    yield from (one for _at, one in newest.values())


def _where_it_is(data: Any) -> Bad:
    """What there is instead of a list: often the description of a dataset, or the head of its changes."""
    given: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    ends = given.get("endpoints")
    address = _first(ends if isinstance(ends, Mapping) else {}, "snapshot", "changes") or _first(given, "first")
    return Bad(1, ONLY_NAMES_IT, address[:300]) if address else Bad(1, NO_LIST)


def _change(entry: Mapping[str, Any], name: str, line: int) -> Advice | Bad:
    """One change of a FIRES dataset."""
    kind, of = _last_part(entry.get("type")), _last_part(entry.get("entityKind")) or "domain"
    if kind == "tombstone":
        return Bad(line, WITHDRAWN)
    if of not in {"domain", "host", "instance"}:
        return Bad(line, NO_SERVER, of[:40])
    host = _host(name)
    if host is None:
        return Bad(line, NO_HOST)
    comment = _text(_first(entry, "comment", "summary", "content"))
    if kind == "retraction":
        return Advice(host, RETRACTED, line, comment, frozenset(), {"kind": "retraction"})
    policy = _last_part(entry.get("recommendedPolicy"))
    if policy not in POLICIES:
        return Bad(line, NO_POLICY, policy[:40])
    filters = [_last_part(one) for one in _words(entry.get("recommendedFilters"))]
    treat = frozenset[Treatment]().union(*(FILTERS[one] for one in filters if one in FILTERS))
    labels = _words(entry.get("labels"))
    details = {"labels": labels, "filters": filters, "kind": kind[:40]}
    reason = comment or _text(", ".join(labels))
    return Advice(host, POLICIES[policy], line, reason, treat, {k: v for k, v in details.items() if v})


def _last_part(given: Any) -> str:
    """A word as FIRES writes it: alone, with a prefix, or as the end of an address; in small letters."""
    word = given if isinstance(given, str) else ""
    return re.split(r"[:/#]", word.strip().rstrip("/"))[-1].lower()


def _fediseer(text: str, opinion: str) -> Iterator[Advice | Bad]:
    data, bad = _json(text)
    if bad is not None and not text.lstrip().startswith(("{", "[")):
        data, bad = {"domains": [part for part in text.replace(",", "\n").split("\n") if part.strip()]}, None
    if bad is not None:
        yield bad
        return
    if isinstance(data, Mapping) and isinstance(data.get("csv"), str):
        data = {"domains": [part for part in data["csv"].split(",") if part.strip()]}
    found = _items(data, ("instances", "domains"))
    if found is None:
        yield Bad(1, NO_LIST)
        return
    where = _Where(text)
    for item in found:
        entry: Mapping[str, Any] = item if isinstance(item, Mapping) else {"domain": item}
        name = _first(entry, "domain", "name")
        line, host = where.line_of(name), _host(name)
        if host is None:
            yield Bad(line, NO_HOST)
            continue
        yield from _opinions(entry, host, line, opinion)


def _opinions(entry: Mapping[str, Any], host: str, line: int, meant: str) -> Iterator[Advice]:
    """What Fediseer says of one server. A bare name means what the steward says; a server that is only listed is noted."""
    given = [kind for kind in OPINIONS if entry.get(f"{kind}_reasons") or entry.get(f"{kind}_evidence")]
    named = given or [kind for kind in OPINIONS if f"{kind}_reasons" in entry or f"{kind}_count" in entry]
    if not named and "state" in entry:
        guarantor = _text(_first(entry, "guarantor"))
        reason = f"guarantor: {guarantor}" if guarantor else ""
        yield Advice(host, NOTED, line, reason, frozenset(), {"kind": "listed"})
        return
    answered = {"rebuttal": rebuttal} if (rebuttal := ", ".join(_words(entry.get("rebuttal")))) else {}
    for kind in named or [meant]:
        reasons = ", ".join(_words(entry.get(f"{kind}_reasons")))
        evidence = ", ".join(_words(entry.get(f"{kind}_evidence")))
        details = {"evidence": evidence} if evidence else {}
        yield Advice(host, OPINIONS[kind], line, _text(reasons), frozenset(), details | answered | {"kind": kind})


def _json(text: str) -> tuple[Any, Bad | None]:
    try:
        return json.loads(text.removeprefix("\ufeff")), None
    except json.JSONDecodeError as error:
        return None, Bad(error.lineno, NO_JSON)
    except (ValueError, RecursionError):
        return None, Bad(1, NO_JSON)


def _items(data: Any, names: tuple[str, ...]) -> list[Any] | None:
    if isinstance(data, list):
        return data
    if isinstance(data, Mapping):
        for name in names:
            if isinstance(data.get(name), list):
                return list(data[name])
    return None


class _Where:
    """Lines of entries: each name is looked for after the one before it."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line, self._missed = text, 0, 1, 0

    def line_of(self, name: str) -> int:
        """The line in which this name stands, or the last one that was found."""
        found = self._text.find(name, self._at) if name and self._missed < MOST_MISSED else -1
        self._missed += found < 0
        if found >= 0:
            self._line += self._text.count("\n", self._at, found)
            self._at = found
        return self._line


def _first(entry: Mapping[str, Any], *names: str) -> str:
    return next((entry[name] for name in names if isinstance(entry.get(name), str) and entry[name]), "")


def _words(given: Any) -> list[str]:
    """Words of a list, or one; of an object (a label that is not only linked) its name, else its address."""
    listed = given if isinstance(given, list) else [given] if isinstance(given, str) else []
    listed = [_first(one, "name", "id") if isinstance(one, Mapping) else one for one in listed]
    return [_text(one)[:200] for one in listed if isinstance(one, str) and one.strip()][:20]


def _text(given: str) -> str:
    clean = "".join(letter if letter.isprintable() else " " for letter in given)
    return clean.strip()[:LONGEST]


def _yes(given: str) -> bool:
    return given.strip().lower() in {"true", "t", "1", "yes"}


def _host(given: str) -> str | None:
    name = clean_host(given.strip().lower().removeprefix("https://").rstrip("/")) if len(given) < LONGEST else None
    return name if name is not None and "." in name else None


def _inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: whose list a reason came from chose its words."""
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def _alive(cell: str) -> str:
    """The same back."""
    return cell[1:] if cell.startswith("'") and cell[1:].lstrip().startswith(FORMULA) else cell


def written(rules: Mapping[str, tuple[Stance, str, frozenset[Treatment]]]) -> str:
    """Our own stances as Mastodon's CSV. What it has no word for (a server that waits) is a noop with its reason."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([f"#{name}" for name in COLUMNS])
    for host, (stance, reason, treat) in sorted(rules.items()):
        flags = [Treatment.NO_MEDIA in treat, Treatment.NO_REPORTS in treat]
        if stance is Stance.ALLOWED and not any(flags):
            continue
        severity = {Stance.BLOCKED: "suspend", Stance.LIMITED: "silence"}.get(stance, "noop")
        writer.writerow([host, severity, *map(str, flags), _inert(reason), "False"])
    return out.getvalue()
