"""Guests that are closed again."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.support.guest import Guest
from tests.support.world import Running

MakeGuest = Callable[..., Guest]


@pytest.fixture
async def guest() -> AsyncIterator[MakeGuest]:
    """Makes somebody with a browser: `guest(running)`."""
    made: list[Guest] = []

    def make(running: Running, language: str = "en") -> Guest:
        made.append(Guest(running, language))
        return made[-1]

    yield make
    for one in made:
        await one.close()
