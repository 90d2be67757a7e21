"""A pretend server with people of a member's acquaintance, for tests of what policies do to what comes and goes."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from instance.db.unit import Unit
from instance.policy.adopt import adopt
from instance.policy.inforce import in_force_here
from policies.document import PolicyDocument
from policies.written import from_toml, to_toml
from tests.support.make import Member, member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import Running, World


@dataclass
class Elsewhere:
    """Our instance with ana, who follows bob of peer.example."""

    world: World
    a: Running
    ana: Member
    peer: Peer
    bob: str

    @property
    def ana_iri(self) -> str:
        return f"{self.a.house.site.base_url}/u/{self.ana.account_id}"

    async def rule(self, **parts: Any) -> PolicyDocument:
        """Adopt the policy in force with these sections or fields changed."""

        def change(u: Unit) -> PolicyDocument:
            document = replace(in_force_here(u.connection), **parts)
            again = from_toml(to_toml(document), now=u.now)
            adopt(u, again, "steward")
            return again

        return await self.a.house.store.unit(change)

    async def writes(self, number: int, content: str = "<p>Hello</p>", **terms: Any) -> dict[str, Any]:
        """Bob writes a public post, which is delivered."""
        now = datetime.fromtimestamp(self.world.clock.now() / 1000 + number, UTC).isoformat()
        note = self.peer.note(self.bob, number, content, **{"published": now} | terms)
        await self.peer.post(self.a, self.peer.activity("Create", self.bob, note, number, to=note["to"], cc=note["cc"]))
        await self.world.settle()
        return note

    async def home(self) -> list[dict[str, Any]]:
        """What ana finds at home, newest first."""
        shown: list[dict[str, Any]] = (await self.ana.get("/api/v1/timelines/home")).json()
        return shown

    async def public(self) -> list[str]:
        """URIs in the public timeline."""
        return [one["uri"] for one in (await self.ana.get("/api/v1/timelines/public")).json()]


async def elsewhere(world: World) -> Elsewhere:
    """Ana follows bob, and bob follows ana."""
    a, peer = await world.instance("a.example"), Peer(world)
    ana, bob = await member(a, "ana", public=True), peer.actor("bob")
    await world.settle()
    made = Elsewhere(world, a, ana, peer, bob)
    found = (await ana.get("/api/v2/search", params={"q": "@bob@peer.example", "resolve": "true"})).json()
    await ana.post(f"/api/v1/accounts/{found['accounts'][0]['id']}/follow")
    await world.settle()
    follow = peer.received[-1].body
    await peer.post(a, peer.activity("Accept", bob, follow))
    await peer.post(a, peer.activity("Follow", bob, made.ana_iri))
    await world.settle()
    peer.received.clear()
    return made


def direct(to: str) -> dict[str, Any]:
    """Terms of a note that only one account may read."""
    return {"to": [to], "cc": [], "tag": [{"type": "Mention", "href": to, "name": "@ana"}]}


__all__ = ["PUBLIC", "Elsewhere", "direct", "elsewhere"]
