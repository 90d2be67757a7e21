"""The house: what doors are handed. Built once by `app`, put in the request's state, passed on explicitly."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from instance.db.store import Store
from instance.media.intake import Intake
from instance.site import Site


@dataclass(frozen=True, slots=True)
class House:
    """One running instance."""

    site: Site
    store: Store
    intake: Intake
    runner_alive: Callable[[], bool]


def house_of(connection: HTTPConnection) -> House:
    """The house that this request came to."""
    house: House = connection.state.house
    return house
