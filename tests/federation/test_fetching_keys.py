"""Keys that are fetched: how many at once, and what a server that does not answer costs."""

import asyncio
from typing import Any

from federation.remote import keys as remote_keys
from tests.federation.test_verifying import post
from tests.support.peer import Peer, key_number
from tests.support.world import Running

BOB = "https://peer.example/users/bob"


async def test_so_many_keys_are_fetched_at_once_and_no_more(home: Running, peer: Peer) -> None:
    never = asyncio.get_running_loop().create_future()
    fetching: Any = home.house.federation.memory.fetching
    fetching |= {f"https://p{number}.example/key": never for number in range(remote_keys.MOST_FETCHED)}
    answer = await post(home, peer, 1)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    del fetching["https://p0.example/key"]
    assert (await post(home, peer, 1)).status_code == 202


async def test_a_host_that_is_away_is_asked_once_for_all_its_keys(home: Running, peer: Peer) -> None:
    peer.world.wires.down.add("peer.example")
    for number in range(5):
        answer = await post(home, peer, number, key_id=f"{BOB}#key-{number}")
        assert (answer.status_code, bool(answer.headers["retry-after"])) == (503, True)
    assert len(peer.world.wires.requests_to("peer.example")) == 1


async def test_many_at_once_fetch_a_key_once(home: Running, peer: Peer) -> None:
    answers = await asyncio.gather(*(post(home, peer, number) for number in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(peer.world.wires.requests_to("peer.example")) == 1


async def test_an_address_that_fails_says_nothing_of_its_host(home: Running, peer: Peer) -> None:
    """Anybody may name an address of anybody as a key's: what it answers must not keep other keys of that host away."""
    away = Peer(peer.world, "away.example")
    peer.world.wires.down.add(away.host)
    peer.documents |= {"/broken": (500, {}, b""), "/busy": (429, {}, b""), "/away": (302, {"location": away.base}, b"")}
    for number, path in enumerate(["broken", "busy", "away"]):
        assert (await post(home, peer, number, key_id=f"{peer.base}/{path}")).status_code == 503
    assert (await post(home, peer, 9)).status_code == 202


async def test_nobody_keeps_all_connections_busy_with_keys_that_do_not_come(home: Running, peer: Peer) -> None:
    never = asyncio.Event()
    asked: list[str] = []

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await never.wait()
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    peer.world.wires.apps["slow.example"] = silent
    tasks = []
    for number in range(50):
        who = f"https://slow.example/{number}"
        made = peer.post(home, peer.activity("Like", who, "https://a.example/x"), key=key_number(0))
        tasks.append(asyncio.create_task(made))
    async with asyncio.timeout(30):
        while len(asked) + sum(task.done() for task in tasks) < len(tasks):
            await asyncio.sleep(0.05)
    assert {task.result().status_code for task in tasks if task.done()} == {503}
    assert len(asked) == remote_keys.MOST_FETCHED_OF_HOST
    assert (await post(home, peer, 99)).status_code == 202
    never.set()
    await asyncio.gather(*tasks)
