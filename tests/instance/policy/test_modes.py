"""How open a server is: open, allowlist, match (who promises enough), closed; each against all ways in and out.

In each mode there are a friend, who is named as allowed, and a stranger, whom no rule names.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from federation.schema import inbox_activity
from instance.policy.adopt import adopt
from policies.document import PolicyDocument
from policies.leaving import Requirement
from policies.modes import Mode, in_mode, mode_of
from policies.peers import Stance
from policies.presets import preset
from policies.purposes import Assurance
from policies.sections import PeerRule
from tests.instance.policy.test_leaving import promises
from tests.support.make import Member, member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import Running, World

NAMED = {"friend.example": PeerRule(Stance.ALLOWED), "bad.example": PeerRule(Stance.BLOCKED)}
MODES = {
    "open": preset("open"),
    "allowlist": preset("allowlist"),
    "match": PolicyDocument(
        "m", Stance.HELD, meeting=Stance.ALLOWED, requirement=Requirement(assurance=Assurance.CLAIMED)
    ),
    "match, else blocked": PolicyDocument(
        "m", Stance.BLOCKED, meeting=Stance.ALLOWED, requirement=Requirement(assurance=Assurance.CLAIMED)
    ),
    "closed": preset("closed"),
}
LETS_IN = {
    "open": {"friend", "stranger", "promising"},
    "allowlist": {"friend"},
    "match": {"friend", "promising"},
    "match, else blocked": {"friend", "promising"},
    "closed": {"friend"},
}
EVERYBODY = ["friend", "stranger", "promising", "bad"]


@dataclass
class Scene:
    """Our server in one mode, and people of four others."""

    world: World
    mode: str
    a: Running
    ana: Member
    peers: dict[str, Peer]
    people: dict[str, str]

    def lets_in(self, who: str) -> bool:
        return who in LETS_IN[self.mode]

    def asked(self, who: str) -> list[str]:
        """What was asked of a server so far, and of its key nothing is told."""
        key = urlsplit(self.people[who]).path
        log = self.world.wires.requests_to(f"{who}.example", "GET")
        return [url for url in log if urlsplit(url).path != key]


@pytest.fixture(params=list(MODES))
async def at(world: World, request: pytest.FixtureRequest) -> Scene:
    a = await world.instance("a.example")
    ana = await member(a, "ana", public=True)
    await world.settle()
    peers = {who: Peer(world, f"{who}.example") for who in EVERYBODY}
    people = {who: peer.actor(f"one_of_{who}") for who, peer in peers.items()}
    policy = MODES[request.param]
    document = PolicyDocument(
        policy.name, policy.default, NAMED, meeting=policy.meeting, requirement=policy.requirement
    )
    await promises(a, "promising.example")
    await a.house.store.unit(adopt, document, "steward")
    return Scene(world, request.param, a, ana, peers, people)


async def _public_post(at: Scene, text: str = "Hello") -> dict[str, Any]:
    made: dict[str, Any] = (await at.ana.post("/api/v1/statuses", json={"status": text, "visibility": "public"})).json()
    return made


async def test_reads(at: Scene) -> None:
    """Signed, unsigned; what is open to everybody stays open."""
    path = (await _public_post(at))["uri"].removeprefix("https://a.example")
    me = f"/u/{at.ana.account_id}"
    for each in (path, me, f"{me}/outbox"):
        accept = {"Accept": "application/activity+json"}
        assert (await at.a.client.get(each, headers=accept)).status_code == 401
        for who in EVERYBODY:
            answer = await at.peers[who].get(at.a, each, at.people[who])
            refused = {401, 404}
            assert (answer.status_code == 200) is at.lets_in(who), (who, each, answer.status_code)
            assert answer.status_code == 200 or answer.status_code in refused
    for each in ("/.well-known/webfinger?resource=acct:ana@a.example", "/nodeinfo/2.1", "/actor", "/policy", "/about"):
        assert (await at.a.client.get(each)).status_code == 200, each


async def test_inboxes(at: Scene) -> None:
    """A follow: it counts, it waits, or it is dropped; the answer is the same."""
    for who in EVERYBODY:
        follow = at.peers[who].activity("Follow", at.people[who], f"https://a.example/u/{at.ana.account_id}")
        answer = await at.peers[who].post(at.a, follow)
        assert (answer.status_code, answer.content) == (202, b"")
    await at.world.settle()
    shown = (await at.ana.get(f"/api/v1/accounts/{at.ana.account_id}/followers")).json()
    assert {one["acct"].rpartition("@")[2].removesuffix(".example") for one in shown} == LETS_IN[at.mode]
    waiting = await at.a.house.store.read(
        lambda c: c.execute(select(inbox_activity.c.host).where(inbox_activity.c.state == "held")).scalars().all()
    )
    held = {"allowlist": ["promising.example", "stranger.example"], "match": ["stranger.example"]}
    assert sorted(waiting) == held.get(at.mode, [])
    assert at.world.wires.requests_to("bad.example") == []


async def test_search(at: Scene) -> None:
    """By handle, by the address of an account, of a post: nobody is asked who is not let in."""
    for who in EVERYBODY:
        note = at.peers[who].note(at.people[who], 1)
        for query in (f"@one_of_{who}@{who}.example", at.people[who], note["id"]):
            found = (await at.ana.get("/api/v2/search", params={"q": query, "resolve": "true"})).json()
            assert bool(found["accounts"] or found["statuses"]) is at.lets_in(who), query
        assert bool(at.world.wires.requests_to(f"{who}.example")) is at.lets_in(who), who


async def test_a_friend_brings_them(at: Scene) -> None:
    """Boosts, mentions, answers, quotes and a group's announces of others' posts pull nobody in."""
    friend = at.peers["friend"]
    friend.actor("group", "Group")
    for each in ("one_of_friend", "group"):
        found = (await at.ana.get("/api/v2/search", params={"q": f"@{each}@friend.example", "resolve": "true"})).json()
        await at.ana.post(f"/api/v1/accounts/{found['accounts'][0]['id']}/follow")
        await at.world.settle()
        await friend.post(
            at.a, friend.activity("Accept", f"{friend.base}/users/{each}", friend.received[-1].body, each)
        )
    for who in EVERYBODY:
        if who != "friend":
            await _brings(at, friend, who)


async def _brings(at: Scene, friend: Peer, who: str) -> None:
    iri, group = at.people["friend"], f"{friend.base}/users/group"
    other, theirs = at.peers[who], at.people[who]
    notes = [other.note(theirs, number) for number in range(4)]
    about = friend.note(
        iri,
        EVERYBODY.index(who),
        inReplyTo=notes[0]["id"],
        quote=notes[3]["id"],
        tag=[{"type": "Mention", "href": theirs}],
    )
    picture = {"type": "Document", "mediaType": "image/png", "url": f"{other.base}/pic.png"}
    about |= {"attachment": [picture]}
    to = {"to": [PUBLIC]}
    await friend.post(at.a, friend.activity("Create", iri, about, who, **to))
    await friend.post(at.a, friend.activity("Announce", iri, notes[1]["id"], who, **to))
    create = other.activity("Create", theirs, notes[2], **to)
    other.documents[urlsplit(create["id"]).path] = create
    await friend.post(at.a, friend.activity("Announce", group, create, f"{who}-2", **to))
    await friend.post(at.a, friend.activity("Announce", group, notes[2]["id"], f"{who}-3", **to))
    await at.world.settle()
    home = (await at.ana.get("/api/v1/timelines/home")).json()
    for entry in home:
        for media in entry["media_attachments"]:
            await at.a.client.get(media["url"])
    await at.world.settle()
    seen = {(one["reblog"] or one)["uri"] for one in home}
    assert (await at.ana.get("/api/v2/search", params={"q": about["id"]})).json()["statuses"]
    assert (notes[1]["id"] in seen) is at.lets_in(who)
    assert at.lets_in(who) or notes[2]["id"] not in seen
    found = (await at.ana.get("/api/v2/search", params={"q": notes[0]["id"]})).json()["statuses"]
    assert bool(found) is at.lets_in(who)
    if not at.lets_in(who):
        assert at.world.wires.requests_to(f"{who}.example") == []


async def test_what_is_said_here_pulls_nobody_in(at: Scene) -> None:
    """A member mentions somebody, or answers: nothing goes to who is not let in."""
    for who in EVERYBODY:
        await _public_post(at, f"Hello @one_of_{who}@{who}.example")
        await at.world.settle()
        assert bool(at.peers[who].received) is at.lets_in(who), who
        assert bool(at.world.wires.requests_to(f"{who}.example")) is at.lets_in(who), who


@pytest.mark.parametrize("mode", list(Mode))
def test_a_policy_says_its_mode(mode: Mode) -> None:
    made = in_mode(PolicyDocument("p", Stance.HELD, NAMED), mode)
    assert (mode_of(made), made.peers) == (mode, NAMED)


def test_presets_have_modes() -> None:
    assert [mode_of(MODES[name]) for name in MODES] == ["open", "allowlist", "match", "match", "closed"]
