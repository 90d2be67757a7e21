"""Streams end with the right to read them, the seventeenth of SECURITY's dangers. What they tell: tests/clients/test_streaming.py."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from instance.auth import oauth
from instance.db.unit import Unit
from instance.mastodon import streaming
from instance.people import accounts, follows
from tests.support.make import Member, member
from tests.support.world import Running, World

ENDS: dict[str, Callable[[Unit, Member], Any]] = {
    "revoked": lambda u, who: oauth.revoke_all(u, who.login_id),
    "suspended": lambda u, who: accounts.suspend(u, who.account_id),
    "deleted": lambda u, who: accounts.delete(u, who.account_id),
}
PATIENCE = 10.0


class Looks:
    """Counts how often streams have looked for news."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, news = 0, streaming.Stream.news

        async def counted(stream: streaming.Stream) -> list[streaming.Happening]:
            found = await news(stream)
            self.count += 1
            return found

        monkeypatch.setattr(streaming, "PAUSE", 0.01)
        monkeypatch.setattr(streaming.Stream, "news", counted)

    async def some(self) -> None:
        """Until an open stream has looked a few times."""
        wanted = self.count + 3
        async with asyncio.timeout(PATIENCE):
            while self.count < wanted:
                await asyncio.sleep(0.005)


class Socket:
    """A WebSocket without a network; what was said to it is in `told`."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._ended = asyncio.Event()
        self._known = False

    async def receive(self) -> dict[str, Any]:
        if not self._known:
            self._known = True
            return {"type": "websocket.connect"}
        await self._ended.wait()
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(self, message: dict[str, Any]) -> None:
        self.told.append(message.get("text") or message["type"])
        if message["type"] == "websocket.close":
            self._ended.set()

    async def open(self, home: Running, token: str) -> str:
        """Listen to `user` until it is closed; all that was told."""
        query = f"stream=user&access_token={token}".encode()
        scope = {"type": "websocket", "scheme": "wss", "path": "/api/v1/streaming", "query_string": query}
        scope |= {"raw_path": b"/api/v1/streaming", "root_path": "", "subprotocols": [], "extensions": {}}
        scope |= {"headers": [(b"host", b"a.example")], "client": ("192.0.2.1", 1), "server": ("a.example", 443)}
        await home.asgi(scope, self.receive, self.send)
        assert self.told[-1] == "websocket.close"
        return "".join(self.told)


async def _events(who: Member) -> str:
    return (await who.get("/api/v1/streaming/user")).text


async def _heard(home: Running, looks: Looks, ben: Member, listening: Any, end: Callable[[Unit], Any]) -> str:
    """All that a stream told that ended because of `end`: what was written before it, and nothing after."""
    task = asyncio.create_task(listening)
    await looks.some()
    await ben.post("/api/v1/statuses", json={"status": "before the end", "visibility": "public"})
    await looks.some()
    await home.house.store.unit(end)
    await ben.post("/api/v1/statuses", json={"status": "after it", "visibility": "public"})
    return str(await asyncio.wait_for(task, PATIENCE))


@pytest.mark.parametrize("by", ["events", "socket"])
async def test_thirty_17_no_stream_outlives_the_right_to_it(
    world: World, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    home, looks = await world.instance("a.example"), Looks(monkeypatch)
    ben = await member(home, "ben", public=True)
    for name, end in ENDS.items():
        ana = await member(home, name)
        await home.house.store.unit(follows.request, ana.account_id, ben.account_id)
        listening = _events(ana) if by == "events" else Socket().open(home, ana.token)
        told = await _heard(home, looks, ben, listening, lambda u, ana=ana, end=end: end(u, ana))
        assert "before the end" in told, name
        assert "after it" not in told, name
    assert home.house.shelf["streams"] == 0
