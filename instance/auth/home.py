"""What signing in needs of the house: its site and its store."""

import hashlib
from typing import Protocol

from instance.db.store import Store
from instance.site import Site


class Home(Protocol):
    """The part of the house that `auth` knows."""

    @property
    def site(self) -> Site: ...

    @property
    def store(self) -> Store: ...


def hashed(token: str) -> str:
    """How a random token of 128 bits or more is kept: SHA-256, hex. Nobody can guess what it was."""
    return hashlib.sha256(token.encode()).hexdigest()
