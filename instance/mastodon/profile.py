"""The member's own account: credentials, profile, preferences (https://docs.joinmastodon.org/methods/accounts/)."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Connection, func, select
from starlette.requests import Request
from starlette.responses import Response

from instance.auth.bearer import Caller
from instance.content import choices, rules
from instance.db.people import follow, login
from instance.house import House
from instance.mastodon.asking import account_row, delete, get, member, patch, uploaded
from instance.mastodon.entities import account_entity
from instance.mastodon.errors import answer
from instance.mastodon.interaction import quote_policy_word, quote_rule
from instance.mastodon.params import Params, params, wrong
from instance.mastodon.rendered import shown_accounts
from instance.media import store
from instance.people import accounts
from instance.people.accounts import AccountRow, ProfileChanges

STORED = {"public": "public", "unlisted": "unlisted", "private": "followers", "direct": "direct"}
SHOWN = {stored: shown for shown, stored in STORED.items()}
ROLES = {"member": ("-99", ""), "moderator": ("1", "Moderator"), "steward": ("2", "Steward")}


def privacy_of(row: AccountRow) -> str:
    """The default audience as apps name it: never wider than the member has allowed (CLIENTS 6)."""
    shown = SHOWN.get(row.default_visibility, "private")
    return shown if row.public_posting or shown == "direct" else "private"


def _facts(connection: Connection, account_id: int) -> tuple[int, str]:
    """(how many ask to follow her, her role)"""
    waiting = select(func.count()).where(follow.c.target_id == account_id, follow.c.state == "pending")
    role = select(login.c.role).where(login.c.account_id == account_id)
    return connection.execute(waiting).scalar_one(), connection.execute(role).scalar() or "member"


async def credentials(house: House, account_id: int) -> dict[str, Any]:
    """CredentialAccount: the account as its owner edits it."""
    row = await account_row(house, account_id)
    waiting, role = await house.store.read(_facts, account_id)
    number, name = ROLES.get(role, ROLES["member"])
    [(_, entity)] = await house.store.read(shown_accounts, house.site, [row])
    entity["source"] = {
        "privacy": privacy_of(row),
        "sensitive": row.default_sensitive,
        "language": row.default_language,
        "note": row.bio_source,
        "fields": [
            {"name": field["name"], "value": field.get("source", field["value"]), "verified_at": None}
            for field in row.fields or []
        ],
        "follow_requests_count": waiting,
        "hide_collections": False,
        "discoverable": row.discoverable,
        "indexable": row.indexable,
        "attribution_domains": [],
        "quote_policy": quote_policy_word(rules.defaults(row, "public")["quote"]),
    }
    entity["role"] = {"id": number, "name": name, "permissions": "0", "color": "", "highlighted": bool(name)}
    return entity


async def verify(request: Request) -> Response:
    """GET /api/v1/accounts/verify_credentials"""
    house, caller = await member(request, "profile|read:accounts")
    return answer(await credentials(house, caller.me))


async def update(request: Request) -> Response:
    """PATCH /api/v1/accounts/update_credentials"""
    house, caller = await member(request, "write:accounts")
    await _change(house, caller, await params(request))
    return answer(await credentials(house, caller.me))


async def _change(house: House, caller: Caller, asked: Params, without: str = "") -> None:
    changes = ProfileChanges(
        display_name=asked.maybe("display_name"),
        bio_source=asked.maybe("note"),
        fields=_fields(asked),
        avatar="" if without == "avatar" else await _picture(house, asked, "avatar"),
        header="" if without == "header" else await _picture(house, asked, "header"),
        avatar_description=asked.maybe("avatar_description"),
        locked=asked.maybe_flag("locked"),
        bot=asked.maybe_flag("bot"),
        discoverable=asked.maybe_flag("discoverable"),
        indexable=asked.maybe_flag("indexable"),
        **_defaults(asked),
    )
    made = [key for key in (changes.avatar, changes.header) if key]
    source = asked.child("source")
    quoting = quote_rule(source, "quote_policy") if source is not None else {}
    try:
        await house.store.unit(accounts.update_profile, caller.me, changes)
        if quoting:
            await house.store.unit(choices.set_defaults, caller.me, choices.everywhere(quoting))
    except BaseException:
        store.remove(house.site.settings.data, *made)
        raise


def _defaults(asked: Params) -> dict[str, Any]:
    source = asked.child("source")
    if source is None:
        return {}
    values: dict[str, Any] = {"default_sensitive": source.maybe_flag("sensitive")}
    privacy = source.maybe("privacy")
    if privacy:
        if privacy not in STORED:
            raise wrong("source[privacy]")
        values["default_visibility"] = STORED[privacy]
    values["default_language"] = source.maybe("language")
    return values


def _fields(asked: Params) -> list[tuple[str, str]] | None:
    if "fields_attributes" not in asked:
        return None
    pairs = [(item.text("name").strip(), item.text("value").strip()) for item in asked.children("fields_attributes")]
    return [pair for pair in pairs if pair[0] or pair[1]]


async def _picture(house: House, asked: Params, kind: str) -> str | None:
    """The new picture's key. An empty value changes nothing: some apps send it for a picture that they did not touch."""
    file = asked.file(kind)
    return None if file is None else await house.intake.take_profile(await uploaded(file), kind)


def _without(kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        house, caller = await member(request, "write:accounts")
        await _change(house, caller, Params({}), without=kind)
        return answer(await credentials(house, caller.me))

    endpoint.__doc__ = f"DELETE /api/v1/profile/{kind}"
    return endpoint


async def profile(request: Request) -> Response:
    """GET, PATCH /api/v1/profile: the profile as its owner edits it"""
    if request.method == "PATCH":
        house, caller = await member(request, "write:accounts")
        await _change(house, caller, await params(request))
    else:
        house, caller = await member(request, "read:accounts")
    row = await account_row(house, caller.me)
    shown = account_entity(row, house.site)
    kept = (
        "id",
        "display_name",
        "locked",
        "bot",
        "discoverable",
        "indexable",
        "hide_collections",
        "avatar_description",
    )
    entity = {name: shown[name] for name in kept}
    entity |= {
        "note": row.bio_source,
        "fields": [
            {"name": field["name"], "value": field.get("source", field["value"]), "verified_at": None}
            for field in row.fields or []
        ],
        "avatar": shown["avatar"] if row.avatar else None,
        "avatar_static": shown["avatar"] if row.avatar else None,
        "header": shown["header"] if row.header else None,
        "header_static": shown["header"] if row.header else None,
        "header_description": "",
        "show_media": True,
        "show_media_replies": True,
        "show_featured": True,
        "attribution_domains": [],
        "featured_tags": [],
    }
    return answer(entity)


async def preferences(request: Request) -> Response:
    """GET /api/v1/preferences"""
    house, caller = await member(request, "read:accounts")
    row = await account_row(house, caller.me)
    return answer(
        {
            "posting:default:visibility": privacy_of(row),
            "posting:default:sensitive": row.default_sensitive,
            "posting:default:language": row.default_language,
            "posting:default:quote_policy": quote_policy_word(rules.defaults(row, "public")["quote"]),
            "reading:expand:media": "default",
            "reading:expand:spoilers": False,
            "reading:autoplay:gifs": False,
        }
    )


ROUTES = [
    get("/api/v1/accounts/verify_credentials", verify),
    patch("/api/v1/accounts/update_credentials", update),
    get("/api/v1/profile", profile),
    patch("/api/v1/profile", profile),
    delete("/api/v1/profile/avatar", _without("avatar")),
    delete("/api/v1/profile/header", _without("header")),
    get("/api/v1/preferences", preferences),
]
