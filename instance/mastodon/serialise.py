"""Our rows as Mastodon's entities for one reader: ready-made JSON, joined, with the reader's marks put in.

The only module that puts the two together. One statement for a page (two for who has word filters); the rest is memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from instance.clock import Millis
from instance.content import pages
from instance.db.hot import as_list
from instance.db.store import Row
from instance.errors import NotFoundError
from instance.house import House
from instance.mastodon import entities, quoting
from instance.mastodon.filtering import Filters, filters_of
from instance.mastodon.paging import Page
from instance.mastodon.quoting import INNER, NOTHING_QUOTED, Quoted
from instance.mastodon.rendered import NOBODY, Rendered, Shelf, encode, load, shelf_of
from policies.interaction import Asker

account_entity = entities.account_entity

_BOOLEAN = (b"false", b"true")


def _marks(bits: int) -> bytes:
    names = (b"favourited", b"reblogged", b"bookmarked", b"muted")
    return b"".join(b',"%s":%s' % (name, _BOOLEAN[bits >> place & 1]) for place, name in enumerate(names))


MARKS = [_marks(bits) for bits in range(16)]
NO_MARKS = MARKS[0] + b',"filtered":[]}'
"""How a status ends that its reader has done nothing with."""
OWN_BOOST = MARKS[0b10] + b',"filtered":[]}'
"""How the wrapper of a boost ends that is the reader's own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """For whom and when a page is put together."""

    reader_id: int | None
    now: Millis
    context: str
    filters: Filters | None = None
    quoted: Quoted = NOTHING_QUOTED


async def statuses(house: House, ids: Sequence[int], reader_id: int | None, *, context: str = "") -> list[msgspec.Raw]:
    """The statuses of these ids in this order; what the reader may not see is left out.

    `context` is where they are shown (home notifications public thread account): word filters apply there.
    """
    wanted = entities.without_duplicates(ids)
    if not wanted:
        return []
    query = pages.ids_query(stranger=reader_id is None)
    rows = await house.store.hot(query, ids=as_list(wanted), reader=reader_id)
    place = {post_id: at for at, post_id in enumerate(wanted)}
    return await joined(house, sorted(rows, key=lambda row: place[row[0]]), reader_id, context)


async def status(house: House, post_id: int, reader_id: int | None) -> msgspec.Raw:
    """One status. Raises NotFoundError where it is absent or not for this reader."""
    found = await statuses(house, [post_id], reader_id)
    if not found:
        raise NotFoundError
    return found[0]


async def page(
    house: House, source: str, reader_id: int | None, asked: Page, *, context: str = "", **values: Any
) -> tuple[list[msgspec.Raw], list[int]]:
    """One page of a source of `instance.content.pages`: statuses newest first, and their ids for the Link header."""
    query = pages.page_query(source, stranger=reader_id is None, ascending=asked.ascending)
    values |= {"below": asked.below, "above": asked.above, "most": asked.limit}
    rows = await house.store.hot(query, reader=reader_id, now=house.site.clock.now(), **values)
    if asked.ascending:
        rows.reverse()
    return await joined(house, rows, reader_id, context), [row[0] for row in rows]


async def accounts(house: House, ids: Sequence[int]) -> dict[int, msgspec.Raw]:
    """Accounts by id; what is unknown is left out."""
    if not ids:
        return {}
    loaded = await house.store.read(load, house.site, [], ids)
    return {account_id: msgspec.Raw(face[1]) for account_id, face in loaded.faces.items()}


async def joined(
    house: House, rows: Sequence[Row], reader_id: int | None, context: str, inner: Quoted | None = None
) -> list[msgspec.Raw]:
    """The statuses of a page's rows. `inner`: they are quoted themselves, and only name what they quote."""
    renderings, faces = await _rendered(house, rows)
    filters = None
    if reader_id is not None and context and any(row[pages.FILTERS] for row in rows):
        filters = await filters_of(house, reader_id, context)
    quoted = inner or await _quoted(house, rows, renderings, reader_id)
    reading = Reading(reader_id, house.site.clock.now(), context, filters, quoted)
    return [
        msgspec.Raw(_join(row, renderings, faces, reading))
        for row in rows
        if row[0] in renderings and row[7] in renderings and row[2] in faces and row[9] in faces  # not gone since
    ]


async def _quoted(house: House, rows: Sequence[Row], renderings: dict[int, Rendered], reader_id: int | None) -> Quoted:
    """What the quotes of a page show, and how the reader stands to authors whose rules ask for it: most pages need neither."""
    shown = [(row, renderings[row[7]]) for row in rows if row[7] in renderings]
    wanted = [one.quote[1] for _, one in shown if one.quote is not None and one.quote[0] == quoting.SHOWN_STATE]
    ids = entities.without_duplicates([post_id for post_id in wanted if post_id is not None])
    asking = {row[9] for row, one in shown if reader_id is not None and one.rule != NOBODY and row[9] != reader_id}
    if not ids and not asking:
        return NOTHING_QUOTED
    found = await house.store.hot(pages.ids_query(stranger=reader_id is None), ids=as_list(ids), reader=reader_id)
    authors = {row[7]: row[9] for row in found}
    inner = await joined(house, found, reader_id, "", INNER)
    stands: dict[int, Asker] = {}
    hides: dict[int, str] = {}
    if reader_id is not None and (asking or authors):
        stands, hides = await house.store.read(quoting.of_reader, reader_id, asking | set(authors.values()))
    return Quoted({_id(raw): bytes(raw) for raw in inner}, authors, stands, hides)


def _id(raw: msgspec.Raw) -> int:
    """The id of a rendered status, which always comes first."""
    return int(bytes(raw)[7:26].partition(b'"')[0])


async def _rendered(house: House, rows: Sequence[Row]) -> tuple[dict[int, Rendered], dict[int, bytes]]:
    """All renderings that the rows need, from memory or made now."""
    shelf = shelf_of(house)
    renderings: dict[int, Rendered] = {}
    faces: dict[int, bytes] = {}
    missing: set[int] = set()
    unknown: set[int] = set()
    for row in rows:
        _look_up(shelf, row[7], row[8], renderings, missing)
        _look_up_face(shelf, row[9], row[pages.SHOWN_FACE], faces, unknown)
        if row[0] != row[7]:
            _look_up(shelf, row[0], row[1], renderings, missing)
            _look_up_face(shelf, row[2], row[pages.LISTED_FACE], faces, unknown)
    if missing or unknown:
        loaded = await house.store.read(load, house.site, missing, unknown)
        for made in loaded.statuses:
            shelf.statuses.put(made.id, made, made.weight)
            renderings[made.id] = made
        for account_id, fresh in loaded.faces.items():
            shelf.faces.put(account_id, fresh, len(fresh[1]) + 200)
            faces[account_id] = fresh[1]
    return renderings, faces


def _look_up(shelf: Shelf, post_id: int, version: int, found: dict[int, Rendered], missing: set[int]) -> None:
    kept = shelf.statuses.get(post_id)
    if kept is not None and kept.version == version:
        found[post_id] = kept
    else:
        missing.add(post_id)


def _look_up_face(
    shelf: Shelf, account_id: int, key: tuple[int, ...], found: dict[int, bytes], unknown: set[int]
) -> None:
    kept = shelf.faces.get(account_id)
    if kept is not None and kept[0] == key:
        found[account_id] = kept[1]
    else:
        unknown.add(account_id)


def _join(row: Row, renderings: dict[int, Rendered], faces: dict[int, bytes], reading: Reading) -> bytes:
    shown = renderings[row[7]]
    about = quoting.joined(shown, row[9], reading.reader_id, reading.quoted)
    own = (about, _poll(shown, row, reading), _overlay(shown, row, reading))
    inner = b"".join((shown.head, faces[row[9]], shown.tail, *own))
    if row[0] == row[7]:
        return inner
    wrapper = renderings[row[0]]
    end = b',"quote":null,"poll":null'
    end += b"}" if reading.reader_id is None else OWN_BOOST if row[2] == reading.reader_id else NO_MARKS
    return b"".join((wrapper.head, faces[row[2]], wrapper.tail, b',"reblog":', inner, end))


def _poll(shown: Rendered, row: Row, reading: Reading) -> bytes:
    if shown.poll is None:
        return b',"reblog":null,"poll":null'
    ended = shown.poll_ends is not None and shown.poll_ends <= reading.now
    own: dict[str, Any] = {"expired": ended}
    if reading.reader_id is not None:
        chosen = entities.choices_of(row[pages.VOTES])
        own |= {"voted": bool(chosen) or row[9] == reading.reader_id, "own_votes": chosen}
    return b',"reblog":null,"poll":' + shown.poll + b"," + encode(own)[1:]


def _overlay(shown: Rendered, row: Row, reading: Reading) -> bytes:
    if reading.reader_id is None:
        return b"}"
    mine = row[9] == reading.reader_id
    filtered = reading.filters.matches(shown.id, shown.words) if reading.filters is not None and not mine else b"[]"
    bits = (1 if row[14] else 0) | (2 if row[15] else 0) | (4 if row[16] else 0) | (8 if row[17] else 0)
    if not bits and not mine and filtered == b"[]":
        return NO_MARKS
    own = b""
    if mine:
        own = b',"pinned":%s' % _BOOLEAN[1 if row[pages.PINNED] else 0]
        own += b',"application":' + shown.application if shown.application else b""
    return MARKS[bits] + own + b',"filtered":' + filtered + b"}"
