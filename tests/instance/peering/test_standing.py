"""How a server stands is told as it is judged: a trial counts while it lasts, and who promises enough is let in."""

import pytest

from instance.clock import DAY
from instance.peering import explain, neighbourhood, overview
from instance.policy.adopt import adopt, set_stance
from instance.web.steward.policy_desk import mandate
from policies.document import PolicyDocument
from policies.peers import Stance
from policies.presets import preset
from tests.instance.policy.test_leaving import promises
from tests.instance.policy.test_modes import MODES
from tests.instance.web.test_admitting import see
from tests.support.make import member as with_app
from tests.support.members import member
from tests.support.peer import Peer
from tests.support.world import Running, World


async def stands(home: Running, host: str) -> set[str]:
    """What each place that tells of a server says of it."""
    store, site, now = home.house.store, home.house.site, home.house.site.clock.now()
    [answer] = await store.read(explain.explain, site, host)
    listed = {one.host: one.stance for one in await store.read(overview.peers, now)}
    drawn = {one.host: one.stance for one in await store.read(neighbourhood.neighbours, now)}
    return {answer.code.removeprefix("peer-"), str(listed[host]), str(drawn[host])}


@pytest.mark.parametrize("policy", [preset("closed"), MODES["match"]], ids=["a trial", "a promise"])
async def test_everywhere_alike(world: World, policy: PolicyDocument) -> None:
    home, peer = await world.instance(), Peer(world)
    ann = await with_app(home, "ann")
    await world.settle()
    bob = peer.actor("bob")
    await peer.post(home, peer.activity("Follow", bob, f"https://a.example/u/{ann.account_id}"))
    await world.settle()
    await home.house.store.unit(adopt, policy, "test")
    assert await stands(home, peer.host) == {str(policy.default)}
    if policy.requirement.asks:
        await promises(home, fault="policy-expired")
        assert await stands(home, peer.host) == {str(policy.default)}  # what can't be relied on is as good as nothing
        await promises(home)
    else:
        until = home.house.site.clock.now() + 60 * DAY
        await home.house.store.unit(lambda u: set_stance(u, peer.host, Stance.ALLOWED, until=until))
    assert await stands(home, peer.host) == {"allowed"}
    stella = await member(home, "stella", role="steward")
    assert "It is let in now." in await see(stella, f"/steward/federation/{peer.host}/admit")
    assert "It is let in already." in await see(stella, f"/steward/policy/if?host={peer.host}")
    world.clock.turn((1 if policy.requirement.asks else 60) * DAY + 1)
    assert await stands(home, peer.host) == {str(policy.default)}  # at once, whatever jobs do later


@pytest.mark.parametrize(
    ("kept", "words"),
    {
        "first start": "at the first start",
        "steward": "by a steward",
        "steward @ada": "by @ada",
        "steward ada": "by @ada",
        "steward @ada, from lists": "by @ada, from lists of others",
        "steward, from lists": "by a steward, from lists of others",
        "end of a rule": "because the time of a rule was over",
        "vote 7": "vote 7",
    }.items(),
)
def test_by_what_right_is_said_in_words(kept: str, words: str) -> None:
    assert mandate(kept) == words
