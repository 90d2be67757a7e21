"""Posts as the wire shows them: rows -> Note, Page or Question, with their audience. Boosts -> Announce."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Row, select

from federation.vocab import build
from federation.vocab.iris import PUBLIC
from instance.activities.documents import consenting
from instance.activities.documents.addressing import Addressed, addressed
from instance.content.words import words_of
from instance.db.content import attachment, mention, poll, post, tag
from instance.db.people import account
from instance.i18n import language_name
from instance.media import store as media
from instance.people import accounts
from instance.site import Site

ON_THE_WIRE = frozenset({"public", "unlisted", "followers", "direct"})
"""What has a form for others at all. To whom it is sent, and who may fetch it, is asked elsewhere."""
KINDS = {"page": "Page", "article": "Article"}


@dataclass(frozen=True, slots=True)
class Composed:
    """A post ready for the wire. `named` are the accounts that its author addresses one by one, silent ones included."""

    row: Row[Any]
    author: Row[Any]
    document: dict[str, Any]
    named: list[Row[Any]] = field(default_factory=list)
    group: Row[Any] | None = None

    @property
    def followers(self) -> str:
        """The author's followers collection."""
        return followers_of(self.author)


def followers_of(row: Row[Any]) -> str:
    """The followers collection of an account."""
    return str(row.followers_iri or f"{row.iri}/followers")


def by_id(connection: Connection, post_id: int) -> Row[Any] | None:
    """The row of a post or boost, tombstones included."""
    return connection.execute(select(post).where(post.c.id == post_id)).first()


def by_iri(connection: Connection, iri: str) -> Row[Any] | None:
    """The row of the post or boost with this IRI, tombstones included."""
    return connection.execute(select(post).where(post.c.iri == iri)).first()


def compose(connection: Connection, site: Site, row: Row[Any]) -> Composed | None:
    """A post (not a boost) with all that belongs to it; None for what never goes on the wire or is gone."""
    if row.visibility not in ON_THE_WIRE or row.local_only or row.boost_of_id or row.deleted_at is not None:
        return None
    found = accounts.by_ids(connection, [i for i in (row.account_id, row.group_id) if i is not None])
    author, group = found.get(row.account_id), found.get(row.group_id)
    if author is None or author.deleted_at is not None or author.suspended_at is not None:
        return None
    named = mentioned(connection, row.id)
    people = [other for other, _ in named]
    to = _audience(row, author, people, group)
    words = words_of(site.vault, row)
    consent = _consent(connection, row, author, people)
    document = build.post(
        build.Post(
            id=row.iri,
            author=author.iri,
            content=words.content,
            published=row.created_at,
            type=KINDS.get(row.kind, "Page" if words.title else "Note"),
            url=row.url or site.url(f"/@{author.name}/{row.id}"),
            to=to.to,
            cc=to.cc,
            audience=group.iri if group else "",
            context=row.context_iri or "",
            in_reply_to=_parent_iri(connection, row),
            name=words.title,
            summary=words.summary,
            sensitive=row.sensitive or bool(words.summary),
            language=row.language or "",
            language_name=language_name(row.language) if row.language else "",
            source=words.source if author.domain == "" else "",
            source_type=row.source_type,
            updated=row.edited_at,
            replies=f"{row.iri}/replies" if author.domain == "" else "",
            mentions=[(other.iri, handle(site, other)) for other, silent in named if not silent],
            hashtags=_tags(connection, site, row.id),
            attachments=_files(connection, site, row.id),
            poll=_poll(connection, row.id),
            indexable=author.indexable and row.visibility == "public",
            quoted_page=_page_of(connection, consent.get("quote", "")),
            consent=consent,
        )
    )
    return Composed(row, author, document, people, group)


def _consent(connection: Connection, row: Row[Any], author: Row[Any], people: list[Row[Any]]) -> dict[str, Any]:
    if author.domain:
        return {}
    return consenting.of_post(connection, row, author, followers_of(author), [other.iri for other in people])


def _page_of(connection: Connection, iri: str) -> str:
    """The page of a post that is here; of another one its IRI."""
    return connection.execute(select(post.c.url).where(post.c.iri == iri)).scalar() or iri if iri else ""


def handle(site: Site, row: Row[Any]) -> str:
    """`@name@host`, as its own server writes it."""
    return f"@{accounts.plain_name(row)}@{row.handle_host or row.domain or site.domain}"


def mentioned(connection: Connection, post_id: int) -> list[tuple[Row[Any], bool]]:
    """Account rows whom a post names, and whether in silence."""
    asked = select(account, mention.c.silent).join(mention, mention.c.account_id == account.c.id)
    rows = connection.execute(asked.where(mention.c.post_id == post_id).order_by(account.c.id)).all()
    return [(row, row.silent) for row in rows]


def audience_of(connection: Connection, row: Row[Any], author: Row[Any]) -> Addressed:
    """To whom a post (a tombstone too) was addressed."""
    found = accounts.by_ids(connection, [row.group_id] if row.group_id else [])
    return _audience(row, author, [other for other, _ in mentioned(connection, row.id)], found.get(row.group_id))


def announce(iri: str, actor: str, about: dict[str, Any] | str, cc: Sequence[str], published: int) -> dict[str, Any]:
    """A public Announce of a post (by IRI) or of an activity (embedded)."""
    about = build.inner(about) if isinstance(about, dict) else about
    return build.activity("Announce", iri, actor, about, to=[PUBLIC], cc=list(cc), published=published)


def boost(row: Row[Any], booster: Row[Any], boosted: Row[Any], author: Row[Any]) -> dict[str, Any]:
    """The Announce of a person's or group's boost: row `row` of `boosted`, which `author` wrote."""
    to = addressed(row.visibility, followers_of(booster), [author.iri])
    terms = {"to": to.to, "cc": to.cc, "published": row.created_at}
    terms |= consenting.approved("boost", row)
    return build.activity("Announce", row.iri, booster.iri, boosted.iri, **terms)


def _audience(row: Row[Any], author: Row[Any], people: list[Row[Any]], group: Row[Any] | None) -> Addressed:
    named = [other.iri for other in people if other.id != row.account_id]
    return addressed(row.visibility, followers_of(author), named, group.iri if group else "")


def _parent_iri(connection: Connection, row: Row[Any]) -> str:
    if row.reply_to_iri or row.reply_to_id is None:
        return str(row.reply_to_iri or "")
    return connection.execute(select(post.c.iri).where(post.c.id == row.reply_to_id)).scalar() or ""


def _tags(connection: Connection, site: Site, post_id: int) -> list[tuple[str, str]]:
    rows = connection.execute(select(tag.c.name, tag.c.shown_as).where(tag.c.post_id == post_id).order_by(tag.c.name))
    return [(site.url(f"/tags/{quote(row.name)}"), f"#{row.shown_as}") for row in rows]


def _files(connection: Connection, site: Site, post_id: int) -> list[build.File]:
    ready = (attachment.c.post_id == post_id, attachment.c.state == "ready")
    rows = connection.execute(select(attachment).where(*ready).order_by(attachment.c.position, attachment.c.id))
    return [_file(site, row) for row in rows if row.file or row.remote_url]


def _file(site: Site, row: Row[Any]) -> build.File:
    size = (row.meta or {}).get("original") or {}
    return build.File(
        url=media.url(site, row.file) if row.file else row.remote_url,
        mime=row.mime,
        description=row.description,
        blurhash=row.blurhash or "",
        width=size.get("width"),
        height=size.get("height"),
        focus=(focus["x"], focus["y"]) if (focus := (row.meta or {}).get("focus")) else None,
        type="Image" if row.kind == "image" else "Document",
    )


def _poll(connection: Connection, post_id: int) -> build.Options | None:
    row = connection.execute(select(poll).where(poll.c.post_id == post_id)).first()
    if row is None:
        return None
    hidden = row.hide_totals and row.closed_at is None
    return build.Options(
        options=[(option["title"], 0 if hidden else option["votes"]) for option in row.options],
        multiple=row.multiple,
        ends_at=row.expires_at,
        closed_at=row.closed_at,
        voters=0 if hidden else row.voters_count,
    )
