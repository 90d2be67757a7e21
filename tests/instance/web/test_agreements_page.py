"""The steward's pages of agreements: what they show, to whom, and what their buttons do."""

from tests.journeys.pledges import KEPT, agree, promise, state
from tests.support.members import Acting, member
from tests.support.pretend_skerry import PretendSkerry
from tests.support.world import Running, World

PAGE = "/steward/agreements"


def cookie(who: Acting) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in who.cookies.items())}


async def _send(who: Acting, path: str, **values: str) -> str:
    answer = await who.running.client.post(path, data={"csrf": who.csrf, **values}, headers=cookie(who))
    assert answer.status_code in {303, 422}, answer.text
    return answer.headers.get("location", answer.text)


async def _sees(who: Acting, path: str = PAGE) -> str:
    answer = await who.running.client.get(path, headers=cookie(who))
    assert answer.status_code == 200
    return answer.text


async def _two(world: World) -> tuple[Running, Running, Acting, Acting]:
    a, b = await world.instance("a.example"), await world.instance("b.example")
    ada, ben = await member(a, "ada", role="steward"), await member(b, "ben", role="steward")
    await promise(b, KEPT)
    await world.settle()
    return a, b, ada, ben


async def test_two_stewards_agree_and_one_ends_it(world: World) -> None:
    a, b, ada, ben = await _two(world)
    assert "Nothing is known of any other server" in await _sees(ada)
    assert await _send(ada, PAGE, host="b.example", days="30", probing="1") == f"{PAGE}/b.example?done=offered"
    await world.settle()
    assert "It has offered; a steward here must answer." in await _sees(ben)
    page = await _sees(ben, f"{PAGE}/a.example")
    offered = page.partition('name="offer" value="')[2].partition('"')[0]
    assert "Accept, and let it look from outside" in page
    assert (await _send(ben, f"{PAGE}/a.example", answer="accept", offer=offered)).endswith("done=accept")
    await world.settle()
    assert "In force until" in await _sees(ada, f"{PAGE}/b.example")
    assert (await state(a, "b.example"), await state(b, "a.example")) == ("accepted", "accepted")
    assert "From claimed to agreed. An agreement came into force." in await _sees(ada, f"{PAGE}/b.example")
    assert "From claimed to agreed. An agreement came into force." in await _sees(ben, f"{PAGE}/a.example")
    assert (await _send(ada, f"{PAGE}/b.example", answer="probe")).endswith("done=probe")
    await _send(ben, f"{PAGE}/a.example", answer="end")
    await world.settle()
    page = await _sees(ada, f"{PAGE}/b.example")
    assert "The other server ended it." in page
    assert "From agreed to claimed." in page


async def test_it_is_for_stewards(world: World) -> None:
    a, _, _, _ = await _two(world)
    for role in ("member", "moderator"):
        who = await member(a, role, role=role)
        assert (await a.client.get(PAGE, headers=cookie(who))).status_code == 404
        assert (
            await a.client.post(PAGE, data={"csrf": who.csrf, "host": "b.example"}, headers=cookie(who))
        ).status_code == 404
    assert (await a.client.get(PAGE)).status_code == 303


async def test_what_is_wrong_is_said_beside_its_field(world: World) -> None:
    _, _, ada, _ = await _two(world)
    assert "is no other server" in await _send(ada, PAGE, host="no host", days="30")
    assert "from 1 to 92 days" in await _send(ada, PAGE, host="b.example", days="900")
    assert await ada.running.client.get(f"{PAGE}/nobody.example", headers=cookie(ada)) is not None
    assert (await ada.running.client.get(f"{PAGE}/nobody.example", headers=cookie(ada))).status_code == 404


async def test_a_bad_policy_is_shown_as_such(world: World) -> None:
    a = await world.instance("a.example")
    ada = await member(a, "ada", role="steward")
    peer = PretendSkerry(world)
    del peer.peer.documents["/policy"]["proof"]
    await _send(ada, PAGE, host="liar.example", days="30")
    await world.settle()
    page = await _sees(ada, f"{PAGE}/liar.example")
    assert "The proof of its policy does not hold." in page
    assert "No offer could be made." in page


async def test_words_that_wait_are_told(world: World) -> None:
    a, b, ada, _ = await _two(world)
    await agree(world, a, b)
    await promise(b, type(KEPT)())
    await world.settle()
    page = await _sees(ada, f"{PAGE}/b.example")
    assert "Its policy promises something else than when it was agreed upon." in page
    assert "Words that need an agreement wait until" in page
