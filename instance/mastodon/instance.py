"""What this server is (https://docs.joinmastodon.org/methods/instance/). Whom it talks with is not told to strangers."""

from contextlib import suppress
from html import escape
from typing import Any

from sqlalchemy import Connection, func, select
from starlette.requests import Request
from starlette.responses import Response

from instance import __version__
from instance.auth.bearer import optional_bearer
from instance.clock import MINUTE, Millis
from instance.content.visible import visible_to
from instance.db.content import post
from instance.db.people import account, login
from instance.errors import NotFoundError, RefusalError
from instance.house import House, house_of
from instance.i18n import N_, _
from instance.mastodon import limits
from instance.mastodon.asking import entities_of, get, reader
from instance.mastodon.errors import answer, listed
from instance.media import attachments, store, workshop
from instance.media.intake import MOST_BYTES
from instance.notices import vapid
from instance.policy.inforce import in_force
from instance.policy.label import label
from instance.settings import Registration
from policies.modes import Mode, mode_of

VERSION = f"4.3.0 (compatible; Skerry {__version__})"
API_VERSIONS = {"mastodon": 3}
"""Grouped notifications (2) and PKCE (3) are served; pushes in the form of RFC 8291 (4) are not sent yet."""
WRITTEN = "2026-11-22T00:00:00.000Z"
"""When the texts that come with this release were written."""
COUNTED_FOR: Millis = 10 * MINUTE


def _counts(connection: Connection) -> tuple[int, int, int | None]:
    """(people, their public posts, the steward who answers for the server)"""
    people = select(func.count()).select_from(login).where(login.c.state == "active")
    local = select(account.c.id).where(account.c.domain == "", account.c.kind == "person")
    posts = select(func.count()).select_from(post).where(visible_to(None), post.c.account_id.in_(local))
    steward = select(login.c.account_id).where(login.c.role == "steward", login.c.state == "active")
    steward = steward.order_by(login.c.created_at).limit(1)
    return (
        connection.execute(people).scalar_one(),
        connection.execute(posts).scalar_one(),
        connection.execute(steward).scalar(),
    )


async def _counted(house: House) -> tuple[int, int, int | None]:
    kept = house.shelf.get("instance counts")
    now = house.site.clock.wire()
    if kept is None or kept[0] < now - COUNTED_FOR:
        kept = house.shelf["instance counts"] = (now, await house.store.read(_counts))
    counts: tuple[int, int, int | None] = kept[1]
    return counts


async def _counts_for(house: House, request: Request) -> tuple[int, int, int | None]:
    """The same for one reader: how many people there are is told to members only; it would show who comes and goes."""
    people, posts, steward_id = await _counted(house)
    with suppress(RefusalError):  # what the server is may be asked with a token that has run out
        if await optional_bearer(house, request) is not None:
            return people, posts, steward_id
    return 0, posts, steward_id


async def _key(house: House) -> str:
    known: str | None = await house.store.read(vapid.known_key)
    if known is None:
        return await house.store.unit(vapid.public_key)
    return known


async def _limited(house: House) -> bool:
    """Whether only some servers are spoken with."""
    return mode_of(await in_force(house)) is not Mode.OPEN


def _configuration(house: House, key: str, *, limited: bool) -> dict[str, Any]:
    site = house.site
    socket = site.base_url.replace("http", "ws", 1)
    return {
        "urls": {
            "streaming": socket,
            "status": None,
            "about": site.url("/about"),
            "privacy_policy": site.url("/privacy"),
            "terms_of_service": None,
        },
        "vapid": {"public_key": key},
        "accounts": {
            "max_featured_tags": 0,
            "max_pinned_statuses": limits.PINS,
            "max_profile_fields": limits.FIELDS,
            "profile_field_name_limit": limits.FIELD_LENGTH,
            "profile_field_value_limit": limits.FIELD_LENGTH,
            "max_display_name_length": limits.DISPLAY_NAME,
            "max_note_length": limits.BIO,
        },
        "statuses": {
            "max_characters": limits.CHARACTERS,
            "max_media_attachments": limits.MEDIA,
            "characters_reserved_per_url": 23,
            "supported_mime_types": ["text/plain", "text/markdown"],
        },
        "media_attachments": {
            "supported_mime_types": ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"],
            "description_limit": attachments.MOST_DESCRIPTION,
            "image_size_limit": MOST_BYTES,
            "image_matrix_limit": workshop.MOST_SOURCE_PIXELS,
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": limits.POLL_OPTIONS,
            "max_characters_per_option": limits.POLL_CHARACTERS,
            "min_expiration": limits.POLL_SHORTEST,
            "max_expiration": limits.POLL_LONGEST,
        },
        "translation": {"enabled": False},
        "limited_federation": limited,
    }


def _registrations(house: House) -> dict[str, Any]:
    kind = house.site.settings.registration
    return {
        "enabled": kind is not Registration.INVITATION,
        "approval_required": kind is Registration.APPROVAL,
        "reason_required": kind is Registration.APPROVAL,
        "message": None,
        "min_age": None,
        "url": house.site.url("/sign-up"),
    }


async def _contact(house: House, steward_id: int | None) -> Any:
    found = await entities_of(house, [steward_id]) if steward_id else []
    return found[0] if found else None


async def newest(request: Request) -> Response:
    """GET /api/v2/instance"""
    house = house_of(request)
    settings = house.site.settings
    people, _posts, steward_id = await _counts_for(house, request)
    picture = house.site.url(store.MISSING_HEADER)
    return answer(
        {
            "domain": house.site.domain,
            "title": settings.name,
            "version": VERSION,
            "source_url": house.site.url("/about"),
            "description": settings.description,
            "usage": {"users": {"active_month": people}},
            "thumbnail": {"url": picture, "blurhash": None, "versions": {}},
            "icon": [],
            "languages": [settings.locale],
            "configuration": _configuration(house, await _key(house), limited=await _limited(house)),
            "registrations": _registrations(house),
            "api_versions": API_VERSIONS,
            "contact": {"email": settings.contact_email, "account": await _contact(house, steward_id)},
            "rules": [],
        }
    )


async def older(request: Request) -> Response:
    """GET /api/v1/instance"""
    house = house_of(request)
    settings = house.site.settings
    people, posts, steward_id = await _counts_for(house, request)
    configuration = _configuration(house, await _key(house), limited=await _limited(house))
    kept = ("accounts", "statuses", "media_attachments", "polls")
    registrations = _registrations(house)
    return answer(
        {
            "uri": house.site.domain,
            "title": settings.name,
            "short_description": settings.description,
            "description": settings.description,
            "email": settings.contact_email,
            "version": VERSION,
            "urls": {"streaming_api": configuration["urls"]["streaming"]},
            "stats": {"user_count": people, "status_count": posts, "domain_count": 0},
            "thumbnail": house.site.url(store.MISSING_HEADER),
            "languages": [settings.locale],
            "registrations": registrations["enabled"],
            "approval_required": registrations["approval_required"],
            "invites_enabled": False,
            "configuration": {name: configuration[name] for name in kept},
            "contact_account": await _contact(house, steward_id),
            "rules": [],
        }
    )


async def empty(request: Request) -> Response:
    """GET /api/v1/instance/peers, …/activity, …/rules: nothing that strangers need to know"""
    return listed([])


async def domain_blocks(request: Request) -> Response:
    """GET /api/v1/instance/domain_blocks: for members; the policy is shown on our own pages"""
    _house, reader_id = await reader(request, "")
    if reader_id is None:
        raise RefusalError("sign-in", N_("This method requires an authenticated user"), status=401)
    return listed([])


async def extended_description(request: Request) -> Response:
    """GET /api/v1/instance/extended_description"""
    text = house_of(request).site.settings.description
    return answer({"updated_at": WRITTEN, "content": f"<p>{escape(text)}</p>" if text else ""})


async def privacy_policy(request: Request) -> Response:
    """GET /api/v1/instance/privacy_policy: the label, who can read what, and where all of it stands"""
    house = house_of(request)
    address = house.site.url("/privacy")
    text = _("What this server keeps, who can read what, and for how long:")
    rows = [
        f"<li><b>{escape(_(what))}</b>: {escape(_(who))}</li>"
        for what, who in label(house.site.settings, await in_force(house))
    ]
    content = f'<p>{escape(text)} <a href="{escape(address)}">{escape(address)}</a></p><ul>{"".join(rows)}</ul>'
    return answer({"updated_at": WRITTEN, "content": content})


async def no_terms(request: Request) -> Response:
    """GET /api/v1/instance/terms_of_service: there are none, as on a Mastodon without any"""
    raise NotFoundError


async def translation_languages(request: Request) -> Response:
    """GET /api/v1/instance/translation_languages: nothing is sent away to be translated"""
    return answer({})


async def health(request: Request) -> Response:
    """GET /api/v1/streaming/health and /health"""
    return Response("OK", media_type="text/plain")


ROUTES = [
    get("/api/v2/instance", newest),
    get("/api/v1/instance", older),
    get("/api/v1/instance/peers", empty),
    get("/api/v1/instance/activity", empty),
    get("/api/v1/instance/rules", empty),
    get("/api/v1/instance/domain_blocks", domain_blocks),
    get("/api/v1/instance/extended_description", extended_description),
    get("/api/v1/instance/privacy_policy", privacy_policy),
    get("/api/v1/instance/terms_of_service", no_terms),
    get("/api/v1/instance/terms_of_service/{date}", no_terms),
    get("/api/v1/instance/translation_languages", translation_languages),
    get("/api/v1/streaming/health", health),
    get("/health", health),
]
