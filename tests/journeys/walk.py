"""Steps that journeys share: what a member does with her app, and what she sees."""

from typing import Any

from instance.groups import groups
from tests.support.make import Member
from tests.support.world import Running, World


async def found(member: Member, handle: str) -> dict[str, Any]:
    """The account behind a handle, asked of its server where it is not known here."""
    answer = await member.get("/api/v1/accounts/search", params={"q": handle, "resolve": "true", "limit": "1"})
    assert answer.status_code == 200, answer.text
    accounts: list[dict[str, Any]] = answer.json()
    assert accounts, f"{handle} was not found"
    return accounts[0]


async def follow(world: World, member: Member, handle: str) -> dict[str, Any]:
    """Follow by handle; the relationship once all work is done."""
    target = await found(member, handle)
    answer = await member.post(f"/api/v1/accounts/{target['id']}/follow")
    assert answer.status_code == 200, answer.text
    await world.settle()
    return await relationship(member, target["id"])


async def relationship(member: Member, account_id: str) -> dict[str, Any]:
    answer = await member.get("/api/v1/accounts/relationships", params={"id[]": account_id})
    relation: dict[str, Any] = answer.json()[0]
    return relation


async def write(world: World, member: Member, text: str, **terms: Any) -> dict[str, Any]:
    """Post; all servers have worked afterwards."""
    answer = await member.post("/api/v1/statuses", json={"status": text, **terms})
    assert answer.status_code == 200, answer.text
    await world.settle()
    status: dict[str, Any] = answer.json()
    return status


async def home(member: Member) -> list[dict[str, Any]]:
    """Her home timeline, newest first."""
    answer = await member.get("/api/v1/timelines/home")
    assert answer.status_code == 200, answer.text
    timeline: list[dict[str, Any]] = answer.json()
    return timeline


def texts(timeline: list[dict[str, Any]]) -> list[str]:
    """What the posts (or boosted posts) of a timeline say, without markup."""
    return [plain((status["reblog"] or status)["content"]) for status in timeline]


def plain(html: str) -> str:
    out, inside = [], False
    for letter in html:
        inside = letter == "<" or (inside and letter != ">")
        if not inside and letter != ">":
            out.append(letter)
    return "".join(out).strip()


async def seen(member: Member, text: str) -> dict[str, Any]:
    """The post in her home timeline whose text holds this."""
    for status in await home(member):
        shown: dict[str, Any] = status["reblog"] or status
        if text in plain(shown["content"]):
            return shown
    raise AssertionError(f"{member.name} does not see '{text}' among {texts(await home(member))}")


async def notified(member: Member) -> list[tuple[str, str]]:
    """(type, account) of her notifications, newest first."""
    answer = await member.get("/api/v1/notifications")
    return [(item["type"], item["account"]["acct"]) for item in answer.json()]


async def open_group(running: Running, name: str, moderator: Member | None = None) -> int:
    """An open group, as `skerry group create` makes it."""
    by = moderator.account_id if moderator else None
    return await running.house.store.unit(lambda u: groups.create(u, name, name.title(), created_by=by))
