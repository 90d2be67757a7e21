"""Before a server is let in: what the page says, what its buttons do, how the trial ends, who is told whose server it is."""

from dataclasses import replace

import pytest

from instance.clock import DAY
from instance.policy.adopt import adopt, end_rules, set_stance
from instance.policy.inforce import in_force_here
from policies.peers import Stance, stance
from policies.presets import preset
from policies.purposes import Assurance
from policies.sections import RunBy
from tests.journeys.walk import found
from tests.support.make import member as with_app
from tests.support.members import Acting, member
from tests.support.peer import Peer
from tests.support.world import Running, World

HOST = "peer.example"
PAGE = f"/steward/federation/{HOST}"
NODEINFO = {
    "software": {"name": "mastodon", "version": "4.5.0"},
    "usage": {"users": {"total": 1234, "activeMonth": 77}},
    "openRegistrations": True,
}
INSTANCE = {
    "title": "Klinik <b>am See</b>",
    "contact": {"email": "it@peer.example", "account": {"acct": "boss", "display_name": "The boss"}},
}


@pytest.fixture
async def home(world: World) -> Running:
    return await world.instance("a.example")


@pytest.fixture
async def steward(home: Running) -> Acting:
    return await member(home, "stella", role="steward")


def cookie(who: Acting) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in who.cookies.items())}


async def see(who: Acting, path: str) -> str:
    answer = await who.running.client.get(path, headers=cookie(who))
    assert answer.status_code == 200, path
    return answer.text


async def press(who: Acting, path: str, **fields: str) -> tuple[int, str]:
    answer = await who.running.client.post(path, data={"csrf": who.csrf, **fields}, headers=cookie(who))
    return answer.status_code, answer.headers.get("location", "")


async def rule(home: Running) -> tuple[Stance, int | None, RunBy]:
    document = await home.house.store.read(in_force_here)
    found = document.peers[HOST]
    return found.stance, found.until, found.run_by


async def test_it_is_asked_and_the_page_tells_who_could_read(world: World, home: Running, steward: Acting) -> None:
    await home.house.store.unit(adopt, preset("closed"), "test")
    peer = Peer(world)
    links = {"links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": f"https://{HOST}/nodeinfo"}]}
    peer.documents |= {"/.well-known/nodeinfo": links, "/nodeinfo": NODEINFO, "/api/v2/instance": INSTANCE}
    assert await press(steward, "/steward/federation/admit", host=f" https://{HOST}/ ") == (303, f"{PAGE}/admit")
    wrong = {"csrf": steward.csrf, "host": "x y"}
    answer = await home.client.post("/steward/federation/admit", data=wrong, headers=cookie(steward))
    assert (answer.status_code, "Name a server by its domain" in answer.text) == (422, True)
    before = await see(steward, f"{PAGE}/admit")
    assert "was not asked yet" in before
    assert await press(steward, f"{PAGE}/ask") == (303, f"{PAGE}/admit?done=asked")
    shown = await see(steward, f"{PAGE}/admit")
    for words in ("mastodon 4.5.0", "1234 accounts", "77 were there", "it@peer.example", "@boss", "&lt;b&gt;am See"):
        assert words in shown, words
    assert "promises nothing" in shown
    assert shown.count("Nobody there.") == 2  # closed groups, and what stays here
    assert "What cannot be undone" in shown
    assert 'value="trial" checked' in shown


async def test_the_page_is_made_from_the_policy_in_force(home: Running, steward: Acting) -> None:
    before = await see(steward, f"{PAGE}/admit")
    await home.house.store.unit(set_stance, HOST, Stance.BLOCKED)
    after = await see(steward, f"{PAGE}/admit")
    assert "It is let in now" in before
    assert "It is not let in now" in after
    assert before.count("Nobody there.") == 2
    asking = preset("open")
    asking = replace(asking, requirement=replace(asking.requirement, assurance=Assurance.AGREED))
    await home.house.store.unit(adopt, asking, "test")
    assert (await see(steward, f"{PAGE}/admit")).count("Nobody there.") == 4


async def test_a_trial_is_the_default_and_ends_by_itself(world: World, home: Running, steward: Acting) -> None:
    await home.house.store.unit(adopt, preset("closed"), "test")
    values = {"time": "trial", "stance": "allowed", "run_by": "hospital", "reason": "Ward 3 asked"}
    assert (await press(steward, f"{PAGE}/admit", **values))[0] == 303
    now = home.house.site.clock.now()
    held, until, run_by = await rule(home)
    assert (held, run_by) == (Stance.ALLOWED, RunBy.HOSPITAL)
    assert until is not None
    assert abs(until - now - 60 * DAY) < DAY
    assert "Decide anew" not in await see(steward, "/steward/federation")
    world.clock.turn(47 * DAY)
    steward = await member(home, "sonja", role="steward")  # the session of before is over
    for path in ("/steward", "/steward/federation"):
        assert "Decide anew" in await see(steward, path)
    world.clock.turn(14 * DAY)
    await home.house.store.unit(end_rules)
    document = await home.house.store.read(in_force_here)
    assert HOST not in document.peers
    assert stance(document, HOST) is Stance.BLOCKED
    steward = await member(home, "sina", role="steward")
    assert (await press(steward, f"{PAGE}/admit", **(values | {"time": "good"})))[0] == 303
    assert (await rule(home))[1] is None


async def test_wrong_choices_change_nothing_and_members_decide_nothing(home: Running, steward: Acting) -> None:
    good = {"time": "trial", "stance": "allowed", "run_by": "not_said"}
    for wrong in ({"time": "ever"}, {"stance": "blocked"}, {"run_by": "aliens"}):
        assert (await press(steward, f"{PAGE}/admit", **(good | wrong)))[0] == 422
    other = await member(home, "mia")
    assert (await press(other, f"{PAGE}/admit", **good))[0] == 404
    assert (await home.client.get(f"{PAGE}/admit", headers=cookie(other))).status_code == 404
    assert HOST not in (await home.house.store.read(in_force_here)).peers


async def test_members_see_whose_server_it_is(world: World, home: Running, steward: Acting) -> None:
    peer = Peer(world)
    peer.actor("bob")
    anna = await with_app(home, "anna")
    await world.settle()
    await found(anna, f"@bob@{HOST}")
    sentence = "This server belongs to a hospital."
    assert sentence not in await see(steward, f"/@bob@{HOST}")
    assert await press(steward, f"{PAGE}/mark", run_by="hospital") == (303, f"{PAGE}/admit?done=marked")
    assert sentence in await see(steward, f"/@bob@{HOST}")
    assert "a hospital" in await see(steward, PAGE)
