"""Questions of one moment share one read; one that can't be answered does not take the others with it."""

import asyncio

import pytest
from sqlalchemy import Connection

from tests.support.world import World


async def test_what_is_asked_at_once_is_one_read(world: World) -> None:
    federation = (await world.instance()).house.federation
    reads: list[list[int]] = []

    def double(connection: Connection, numbers: list[int]) -> list[int]:
        reads.append(numbers)
        return [2 * number for number in numbers]

    assert await asyncio.gather(*(federation.questions.ask(double, n) for n in range(5))) == [0, 2, 4, 6, 8]
    assert reads == [[0, 1, 2, 3, 4]]
    assert await federation.questions.ask(double, 7) == 14
    assert reads[1:] == [[7]]


async def test_only_who_asked_it_hears_of_a_failure(world: World) -> None:
    federation = (await world.instance()).house.federation

    def divide(connection: Connection, numbers: list[int]) -> list[int]:
        return [12 // number for number in numbers]

    one, broken, three = await asyncio.gather(
        *(federation.questions.ask(divide, n) for n in (1, 0, 3)), return_exceptions=True
    )
    assert (one, three) == (12, 4)
    assert isinstance(broken, ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        await federation.questions.ask(divide, 0)
