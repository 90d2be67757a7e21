"""Posts as cards: what a page shows of each, loaded for a whole page in a handful of statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection, select

from instance.clock import Millis
from instance.content import pages
from instance.content.pages import ids_query, page_query
from instance.content.visible import audience_of
from instance.content.words import words_of
from instance.db.content import post
from instance.db.hot import as_list
from instance.groups.acting import moderated
from instance.house import House
from instance.i18n import N_, _
from instance.sanitise import without_quote
from instance.site import Site
from instance.web.pieces import drawing
from instance.web.pieces.attached import Picture, Poll, pictures_of, polls_of
from instance.web.pieces.people import Person, persons
from instance.web.pieces.quoted import Quoted, of_posts
from policies.audience import ReaderFacts, may_boost

PAGE = 20
NEWEST = (1 << 63) - 1

WAITING = {
    "pending": N_("This waits for the person whose post it is about; nobody else sees it before she has said yes."),
    "refused": N_("The person whose post this is about has said no to it. Only its author sees it."),
}
READERS = {
    "public": N_("Anyone, also on other servers"),
    "unlisted": N_("Anyone who has the address, also on other servers"),
    "followers": N_("The people who follow {name}, and those named in it"),
    "direct": N_("Only {name} and those named in it"),
    "group": N_("The people in the group"),
}
OWN_READERS = {
    "followers": N_("The people who follow you, and those you named"),
    "direct": N_("Only you and those you named"),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a page: what is listed, what it shows, and what the reader did with it."""

    id: int
    by: int
    shown: int
    favourited: bool = False
    boosted: bool = False
    bookmarked: bool = False


@dataclass(frozen=True, slots=True)
class QuotedCard:
    """A post within another one; without an author it is only said why it is not there."""

    says: Quoted
    author: Person | None = None
    page: str = ""
    summary: Markup = field(default_factory=Markup)
    words: Markup = field(default_factory=Markup)


@dataclass(frozen=True, slots=True)
class Card:
    """One post on a page."""

    id: int
    key: int
    author: Person
    through: Person | None
    page: str
    iri: str
    title: Markup
    summary: Markup
    words: Markup
    language: str
    sensitive: bool
    pictures: list[Picture]
    poll: Poll | None
    created_at: Millis
    edited_at: Millis | None
    replies: int
    boosts: int
    favourites: int
    mine: bool
    favourited: bool
    boosted: bool
    bookmarked: bool
    may_boost: bool
    visibility: str
    reply_to_id: int | None
    in_group: bool
    consent: str = ""
    """`pending` or `refused`: the author of what it answers has not said yes to that, or has said no."""
    quoted: "QuotedCard | None" = None
    policy: dict[str, Any] | None = None
    locked: bool = False
    removed: bool = False
    removed_reason: str = ""
    moderate: str = ""
    """The page on which the reader moderates it; empty where she does not."""

    @property
    def waits(self) -> str:
        """Why nobody else sees it."""
        return _(WAITING[self.consent]) if self.consent else ""

    @property
    def readers(self) -> str:
        """Who can read it, in the reader's words: said when the page is drawn, for loading happens in another thread."""
        return readers(self.visibility, self.author.shown, mine=self.mine)


async def stream(
    house: House, reader_id: int | None, source: str, below: int | None = None, **params: Any
) -> tuple[list[Card], int | None]:
    """A page of a source of `instance.content.pages`, newest first, and where the next one begins."""
    stranger = reader_id is None
    values: dict[str, Any] = {"below": below or NEWEST, "above": 0, "most": PAGE, **params}
    if not stranger:
        values |= {"reader": reader_id, "now": house.site.clock.now()}
    query = page_query(source, stranger=stranger)
    rows = await house.store.hot(query, **{name: values[name] for name in query.names})
    listed = [_listed(row, stranger) for row in rows]
    shown = await house.store.read(cards, house.site, reader_id, listed)
    return shown, listed[-1].id if len(listed) == PAGE else None


async def by_ids(house: House, reader_id: int | None, ids: Sequence[int]) -> list[Card]:
    """The cards of these posts in this order; what the reader may not see is left out."""
    if not ids:
        return []
    stranger = reader_id is None
    values: dict[str, Any] = {"ids": as_list(list(ids))} | ({} if stranger else {"reader": reader_id})
    rows = await house.store.hot(ids_query(stranger=stranger), **values)
    found = {row[pages.LISTED_ID]: _listed(row, stranger) for row in rows}
    return await house.store.read(cards, house.site, reader_id, [found[one] for one in ids if one in found])


def _listed(row: Sequence[Any], stranger: bool) -> Listed:
    base = (row[pages.LISTED_ID], row[pages.LISTED_BY], row[pages.SHOWN_ID])
    if stranger:
        return Listed(*base)
    return Listed(*base, bool(row[pages.FAVOURITED]), bool(row[pages.BOOSTED]), bool(row[pages.BOOKMARKED]))


def cards(connection: Connection, site: Site, reader_id: int | None, listed: Sequence[Listed]) -> list[Card]:
    """Load what the cards of a page need: posts, people, pictures, polls; each in one statement."""
    ids = {one.shown for one in listed}
    if not ids:
        return []
    rows = {row.id: row for row in connection.execute(select(post).where(post.c.id.in_(ids)))}
    quotes = of_posts(connection, reader_id, ids)
    authors = {row.account_id for row in rows.values()} | {one.row.account_id for one in quotes.values() if one.row}
    people = persons(connection, authors | {one.by for one in listed}, site)
    pictures = pictures_of(connection, site, ids)
    polls = polls_of(connection, site, reader_id, [row for row in rows.values() if row.kind == "question"])
    in_groups = reader_id is not None and any(row.group_id for row in rows.values())
    mine = moderated(connection, reader_id) if in_groups and reader_id is not None else set()
    made = []
    for one in listed:
        row = rows.get(one.shown)
        if row is not None:
            card = _card(site, reader_id, one, row, people, pictures.get(row.id, []), polls.get(row.id))
            quote = quotes.get(row.id)
            card = _quoting(card, _quoted(site, quote, people)) if quote is not None else card
            made.append(replace(card, moderate=f"/posts/{row.id}/moderate") if row.group_id in mine else card)
    return made


def _card(
    site: Site, reader_id: int | None, one: Listed, row: Any, people: dict[int, Person], pictures: list[Picture], p: Any
) -> Card:
    said, author = words_of(site.vault, row), people[row.account_id]
    mine = row.account_id == reader_id
    return Card(
        id=row.id,
        key=one.id,
        author=author,
        through=people[one.by] if one.id != one.shown else None,
        page=f"{author.page}/{row.id}",
        iri=row.iri,
        title=drawing.text(site, said.title, said.emoji),
        summary=drawing.text(site, said.summary, said.emoji),
        words=drawing.words(site, said.content, said.emoji),
        language=row.language or "",
        sensitive=row.sensitive,
        pictures=pictures,
        poll=p,
        created_at=row.created_at,
        edited_at=row.edited_at,
        replies=row.replies_count,
        boosts=row.boosts_count,
        favourites=row.favourites_count,
        mine=mine,
        favourited=one.favourited,
        boosted=one.boosted,
        bookmarked=one.bookmarked,
        may_boost=may_boost(audience_of(row), ReaderFacts(is_author=mine)),
        visibility=row.visibility,
        reply_to_id=row.reply_to_id,
        in_group=row.group_id is not None,
        consent=row.consent or "",
        policy=row.policy,
        locked=row.locked_at is not None,
        removed=row.removed_at is not None,
        removed_reason=row.removed_reason or "",
    )


def _quoting(card: Card, quoted: QuotedCard) -> Card:
    """With what it quotes, and without the words that stand for it elsewhere."""
    shown = Markup(without_quote(card.words)) if quoted.author is not None else card.words  # noqa: S704 - cleaned
    return replace(card, quoted=quoted, words=shown)


def _quoted(site: Site, quote: Quoted, people: dict[int, Person]) -> QuotedCard:
    row = quote.row
    if row is None or row.account_id not in people:
        return QuotedCard(quote)
    said, author = words_of(site.vault, row), people[row.account_id]
    summary, words = drawing.text(site, said.summary, said.emoji), drawing.words(site, said.content, said.emoji)
    return QuotedCard(quote, author, f"{author.page}/{row.id}", summary, words)


def readers(visibility: str, name: str, *, mine: bool) -> str:
    """Who can read a post, in words."""
    if mine and visibility in OWN_READERS:
        return _(OWN_READERS[visibility])
    return _(READERS[visibility], name=name)
