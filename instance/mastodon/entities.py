"""Mastodon's entities out of our rows: pure functions from a row to plain data. Ids are text, times ISO 8601 with Z."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import Row

from instance.clock import DAY, iso
from instance.emoji import used
from instance.media import store
from instance.people import accounts
from instance.site import Site

VISIBILITIES = {
    "public": "public",
    "unlisted": "unlisted",
    "followers": "private",
    "group": "private",
    "direct": "direct",
}
MEDIA_TYPES = {"image", "video", "audio", "gifv"}


def acct(row: Any) -> str:
    """A handle as the client API writes it: `name` for ours, `name@domain` for others."""
    return accounts.handle_of(row)


def emoji_entities(emoji: Mapping[str, str] | None, site: Site) -> list[dict[str, Any]]:
    """CustomEmoji entities (https://docs.joinmastodon.org/entities/CustomEmoji/): our copies, which stand still."""
    served = {name: store.emoji_url(site, address) for name, address in (emoji or {}).items()}
    return [
        {"shortcode": name, "url": address, "static_url": address, "visible_in_picker": False, "category": None}
        for name, address in served.items()
    ]


def visibility_of(visibility: str, local_only: bool) -> str:
    """What apps are told of an audience: only public, unlisted, private, direct (DECISIONS 7)."""
    shown = VISIBILITIES[visibility]
    return "private" if local_only and shown != "direct" else shown


def account_entity(row: Row[Any], site: Site) -> dict[str, Any]:
    """An Account of a row of `account` (https://docs.joinmastodon.org/entities/Account/).

    `created_at` is rounded to the day, as Mastodon does: the minute of signing up is nobody's business.
    """
    hidden = row.suspended_at or row.deleted_at
    avatar = store.avatar_url(site, *((None, None) if hidden else (row.avatar, row.avatar_remote)))
    header = store.header_url(site, *((None, None) if hidden else (row.header, row.header_remote)))
    entity: dict[str, Any] = {
        "id": str(row.id),
        "username": accounts.plain_name(row),
        "acct": acct(row),
        "display_name": row.display_name,
        "locked": row.locked,
        "bot": row.bot,
        "discoverable": row.discoverable,
        "indexable": row.indexable,
        "group": row.kind == "group",
        "created_at": iso(row.created_at - row.created_at % DAY),
        "note": row.bio,
        "url": row.url or row.iri,
        "uri": row.iri,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": row.avatar_description,
        "header": header,
        "header_static": header,
        "header_description": "",
        "followers_count": row.followers_count,
        "following_count": row.following_count,
        "statuses_count": row.posts_count,
        "last_status_at": iso(row.last_post_at)[:10] if row.last_post_at else None,
        "hide_collections": False,
        "noindex": not row.indexable,
        "emojis": emoji_entities(row.emoji, site),
        "roles": [],
        "fields": [_field(field) for field in row.fields or []],
    }
    if row.limited:
        entity["limited"] = True
    if hidden:
        entity |= {
            "suspended": True,
            "display_name": "",
            "note": "",
            "fields": [],
            "emojis": [],
            "avatar_description": "",
        }
    return entity


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    verified = field.get("verified_at")
    return {"name": field["name"], "value": field["value"], "verified_at": iso(verified) if verified else None}


def media_entity(row: Any, site: Site) -> dict[str, Any]:
    """A MediaAttachment of a row of `attachment`; `url` is null while the file is being worked on.

    Films and sound of other servers are `unknown`: apps show a link to them and load nothing by themselves (LEAKS L42).
    """
    address: str | None = None
    kind = row.kind if row.kind in MEDIA_TYPES else "unknown"
    if row.file:
        address = store.url(site, row.file)
    elif row.remote_url and kind == "image" and row.state != "unfetched":
        address = store.remote_url(site, row.remote_url)
    elif row.remote_url:
        kind = "unknown"
    preview = store.url(site, row.preview) if row.preview else address
    address = address or row.remote_url
    return {
        "id": str(row.id),
        "type": kind,
        "url": address,
        "preview_url": preview,
        "remote_url": row.remote_url,
        "preview_remote_url": None,
        "text_url": None,
        "meta": _meta(row.meta),
        "description": row.description or None,
        "blurhash": row.blurhash,
    }


def _meta(meta: Mapping[str, Any] | None) -> dict[str, Any]:
    """Sizes with what apps compute from them."""
    shown: dict[str, Any] = dict(meta or {})
    for name in ("original", "small"):
        size = shown.get(name)
        if size and size.get("width") and size.get("height"):
            width, height = size["width"], size["height"]
            shown[name] = {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
    return shown


def mention_entity(row: Any) -> dict[str, Any]:
    """A Status::Mention of a row of `account`."""
    return {"id": str(row.id), "username": accounts.plain_name(row), "url": row.url or row.iri, "acct": acct(row)}


def tag_entity(name: str, site: Site) -> dict[str, Any]:
    """A Status::Tag."""
    return {"name": name, "url": site.url(f"/tags/{quote(name)}")}


def poll_entity(row: Any, emoji: Mapping[str, str], site: Site) -> dict[str, Any]:
    """The part of a Poll that is the same for all readers; `expired`, `voted` and `own_votes` are added for each.

    `emoji`: the custom emoji of its post.
    """
    hidden = row.hide_totals and row.closed_at is None
    return {
        "id": str(row.id),
        "expires_at": iso(row.expires_at) if row.expires_at else None,
        "multiple": row.multiple,
        "votes_count": row.votes_count,
        "voters_count": row.voters_count,
        "options": [
            {"title": option["title"], "votes_count": None if hidden else option["votes"]} for option in row.options
        ],
        "emojis": emoji_entities(used(emoji, *(option["title"] for option in row.options)), site),
    }


def choices_of(bits: int | None) -> list[int]:
    """The chosen options out of the sum of `1 << choice` that a page's statement gives."""
    return [choice for choice in range((bits or 0).bit_length()) if (bits or 0) >> choice & 1]


def without_duplicates(ids: Sequence[int]) -> list[int]:
    """The ids in their order, each once."""
    return list(dict.fromkeys(ids))
