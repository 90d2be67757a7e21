"""Statuses and accounts rendered once, for a stranger, and kept in a bounded memory by version (SPEED.md 2).

A page's statement tells the version of everything it shows; what is missing here or older is loaded and rendered anew.
So a rendering can never be stale, also where several processes serve.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from instance.bounded import Bounded
from instance.clock import Millis, iso
from instance.content.interactions import ACCEPTED
from instance.content.words import Words, words_of
from instance.db.content import attachment, interaction, mention, poll, post, tag
from instance.db.people import account
from instance.db.system import oauth_app
from instance.emoji import used
from instance.house import House
from instance.i18n import N_, _
from instance.mastodon.entities import (
    account_entity,
    emoji_entities,
    media_entity,
    mention_entity,
    poll_entity,
    tag_entity,
    visibility_of,
)
from instance.mastodon.interaction import policy_entity, quote_approval
from instance.people.accounts import is_shown
from instance.sanitise import plain, without_quote
from instance.site import Site
from policies.audience import OPEN_TO_ALL
from policies.interaction import USUAL, Rule, rule_of

WAITING = {
    "pending": N_("This waits for the person whose post it is about; nobody else sees it before she has said yes."),
    "refused": N_("The person whose post this is about has said no to it. Only its author sees it."),
}
STATUS_BYTES = 24 << 20
FACE_BYTES = 4 << 20

encode = msgspec.json.Encoder().encode
NOBODY = USUAL["quote"]
Face = tuple[tuple[int, ...], bytes]
"""An account's JSON with the numbers it was rendered for; none where it shows another account, which has its own."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A status without its author's JSON and without what depends on the reader.

    `head` + author + `tail` is a JSON object that is not closed yet.
    """

    id: int
    version: int
    head: bytes
    tail: bytes
    poll: bytes | None = None
    """The poll's JSON, not closed."""
    poll_ends: Millis | None = None
    """When the poll ends, 0 once it has."""
    application: bytes = b""
    """The app it was written with; its author sees it."""
    words: str = ""
    """Plain text in lower case, for filters."""
    quote: tuple[str, int | None] | None = None
    """(state, id) of what it quotes."""
    quoting: bytes = b""
    """Its QuoteApproval's JSON, not closed."""
    rule: Rule = NOBODY
    """Who may quote it."""

    @property
    def weight(self) -> int:
        return len(self.head) + len(self.tail) + len(self.poll or b"") + 2 * len(self.words) + 400


class Shelf:
    """What is rendered already, in one house."""

    def __init__(self) -> None:
        self.statuses: Bounded[int, Rendered] = Bounded(STATUS_BYTES)
        self.faces: Bounded[int, Face] = Bounded(FACE_BYTES)


def shelf_of(house: House) -> Shelf:
    """The house's shelf, made at first use."""
    shelf: Shelf | None = house.shelf.get("rendered")
    if shelf is None:
        shelf = house.shelf["rendered"] = Shelf()
    return shelf


def face_key(row: Row[Any]) -> tuple[int, ...]:
    """What a rendered account depends on; the same numbers as in a page's row (instance.content.pages)."""
    return (row.updated_at, row.followers_count, row.following_count, row.posts_count)


def load(connection: Connection, site: Site, post_ids: Iterable[int], account_ids: Iterable[int]) -> "Loaded":
    """Render posts and accounts from the database: a handful of statements, whatever the number of posts."""
    posts = connection.execute(select(post).where(post.c.id.in_(set(post_ids)))).all()
    accounts = connection.execute(select(account).where(account.c.id.in_(set(account_ids)))).all()
    parts = Parts(connection, [row.id for row in posts])
    return Loaded(
        [render(row, words_of(site.vault, row), parts, site) for row in posts],
        {
            row.id: (() if "moved" in entity else face_key(row), encode(entity))
            for row, entity in shown_accounts(connection, site, accounts)
        },
    )


def shown_accounts(connection: Connection, site: Site, rows: Iterable[Any]) -> list[tuple[Any, dict[str, Any]]]:
    """Account entities of rows; those that moved hold the account that they moved to, if that one says so too."""
    rows = list(rows)
    there = {row.moved_to for row in rows if row.moved_to}
    found = (
        {row.iri: row for row in connection.execute(select(account).where(account.c.iri.in_(there)))} if there else {}
    )
    shown = []
    for row in rows:
        entity, new = account_entity(row, site), found.get(row.moved_to)
        if new is not None and is_shown(new) and row.iri in (new.also_known_as or []):
            entity["moved"] = account_entity(new, site)
        shown.append((row, entity))
    return shown


@dataclass(frozen=True, slots=True)
class Loaded:
    """What `load` rendered."""

    statuses: list[Rendered]
    faces: dict[int, Face]


class Parts:
    """All that hangs on some posts, by post id."""

    def __init__(self, connection: Connection, ids: list[int]) -> None:
        self.media: dict[int, list[Any]] = defaultdict(list)
        self.mentions: dict[int, list[Any]] = defaultdict(list)
        self.tags: dict[int, list[str]] = defaultdict(list)
        self.polls: dict[int, Any] = {}
        self.apps: dict[int, Any] = {}
        self.quotes: dict[int, tuple[str, int | None]] = {}
        if not ids:
            return
        media = select(attachment).where(attachment.c.post_id.in_(ids)).order_by(attachment.c.position, attachment.c.id)
        for row in connection.execute(media):
            self.media[row.post_id].append(row)
        named = select(mention.c.post_id, account).join(account, account.c.id == mention.c.account_id)
        named = named.where(mention.c.post_id.in_(ids), ~mention.c.silent).order_by(account.c.id)
        for row in connection.execute(named):
            self.mentions[row.post_id].append(row)
        for row in connection.execute(select(tag).where(tag.c.post_id.in_(ids)).order_by(tag.c.name)):
            self.tags[row.post_id].append(row.shown_as)
        for row in connection.execute(select(poll).where(poll.c.post_id.in_(ids))):
            self.polls[row.post_id] = row
        apps = select(post.c.id.label("post_id"), oauth_app.c.name, oauth_app.c.website)
        quoting = select(interaction.c.by_post_id, interaction.c.state, interaction.c.post_id)
        quoting = quoting.where(interaction.c.by_post_id.in_(ids), interaction.c.kind == "quote")
        for row in connection.execute(quoting):
            self.quotes[row.by_post_id] = (row.state, row.post_id)
        for row in connection.execute(apps.join(oauth_app, oauth_app.c.id == post.c.app_id).where(post.c.id.in_(ids))):
            self.apps[row.post_id] = row


def render(row: Row[Any], words: Words, parts: Parts, site: Site) -> Rendered:
    """One status (https://docs.joinmastodon.org/entities/Status/), cut where the author's JSON goes in."""
    head = {"id": str(row.id), "created_at": iso(row.created_at)}
    asked, app = parts.polls.get(row.id), parts.apps.get(row.id)
    rule = rule_of(row.policy, "quote") if row.visibility in OPEN_TO_ALL else NOBODY
    ends = None if asked is None else (0 if asked.closed_at is not None else asked.expires_at)
    return Rendered(
        row.id,
        row.version,
        encode(head)[:-1] + b',"account":',
        b"," + encode(body(row, words, parts, site))[1:-1],
        encode(poll_entity(asked, words.emoji, site))[:-1] if asked is not None else None,
        ends,
        encode({"name": app.name, "website": app.website}) if app is not None else b"",
        f"{words.title}\n{words.summary}\n{plain(words.content)}".lower() if words.content or words.summary else "",
        parts.quotes.get(row.id),
        encode(quote_approval(rule))[:-1],
        rule,
    )


def _shows_quote(row: Row[Any], parts: Parts) -> bool:
    state, post_id = parts.quotes.get(row.id, ("", None))
    return state == ACCEPTED and post_id is not None


def body(row: Row[Any], words: Words, parts: Parts, site: Site) -> dict[str, Any]:
    """What is the same for all who may read a post."""
    boost = row.boost_of_id is not None
    waits = f"<p><em>{escape(_(WAITING[row.consent]))}</em></p>" if row.consent else ""
    titled = f"<p><strong>{escape(words.title)}</strong></p>" if words.title else ""
    return {
        "in_reply_to_id": str(row.reply_to_id) if row.reply_to_id else None,
        "in_reply_to_account_id": str(row.reply_to_account_id) if row.reply_to_id and row.reply_to_account_id else None,
        "sensitive": row.sensitive,
        "spoiler_text": words.summary,
        "visibility": visibility_of(row.visibility, row.local_only),
        "language": row.language,
        "uri": f"{row.iri}/activity" if boost and row.iri.startswith(site.base_url) else row.iri,
        "url": (row.url or row.iri) if not boost else None,
        "replies_count": row.replies_count,
        "reblogs_count": row.boosts_count,
        "favourites_count": row.favourites_count,
        "quotes_count": row.quotes_count,
        "edited_at": iso(row.edited_at) if row.edited_at else None,
        "local_only": row.local_only,
        "content": waits + titled + (without_quote(words.content) if _shows_quote(row, parts) else words.content),
        "media_attachments": [media_entity(item, site) for item in parts.media[row.id]],
        "mentions": [mention_entity(named) for named in parts.mentions[row.id]],
        "tags": [tag_entity(name, site) for name in parts.tags[row.id]],
        "emojis": emoji_entities(used(words.emoji, words.title, words.summary, words.content), site),
        "card": None,
    } | (
        {"interaction_policy": policy_entity(row.policy, locked=row.locked_at is not None)}
        if _says_rules(row, site)
        else {}
    )


def _says_rules(row: Row[Any], site: Site) -> bool:
    """GoToSocial's apps ask for the rules of each post; of others' posts only unusual ones are told."""
    usual = row.policy is None and row.locked_at is None
    return row.boost_of_id is None and (not usual or row.iri.startswith(site.base_url))
