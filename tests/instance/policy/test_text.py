"""`skerry policy text` and `adopt`: the policy goes out as people write it and comes back; a mistake changes nothing."""

import pytest

from instance.policy.inforce import in_force_here
from tests.support.commands import skerry
from tests.support.world import Running, World

pytestmark = pytest.mark.processes


async def _policy(running: Running, *words: str, given: str = "") -> tuple[int, str, str]:
    said = await skerry(running, "policy", *words, stdin=given)
    return said.status, said.stdout, said.err


async def test_out_and_in_again(world: World) -> None:
    a = await world.instance("a.example")
    status, text, _ = await _policy(a, "text")
    assert (status, "\nformat = 1" in text) == (0, True)
    changed = text.replace("authorized_fetch = false", "authorized_fetch = true")
    status, _, told = await _policy(a, "adopt", "-", given=changed)
    assert status == 0
    assert "Every read by another server must be signed." in told
    before = await a.house.store.read(in_force_here)
    assert before.promises.authorized_fetch
    status, out, told = await _policy(a, "adopt", "-", given=changed + "\nshouting = true\n")
    assert (status, out) == (2, "")
    assert "shouting" in told
    assert await a.house.store.read(in_force_here) == before
