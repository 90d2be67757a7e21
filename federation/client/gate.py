"""Which servers we speak to, for everything that fetches: the policy in force says it, host by host, at each redirect again.

Who is held is not spoken to. But whoever signs a request to us names a key, and without that key nobody could tell who it is
that waits: only for that, a held server is asked, and only itself.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from federation.context import Federation
from policies.engine import stands
from policies.peers import Stance

SPOKEN_TO: frozenset[Stance] = frozenset({Stance.ALLOWED, Stance.LIMITED})
Allow = Callable[[str], Awaitable[bool]]

_signer: ContextVar[str] = ContextVar("signer", default="")


@contextmanager
def who_signs(host: str) -> Iterator[None]:
    """While the key is fetched with which `host` has signed a request to us."""
    token = _signer.set(host)
    try:
        yield
    finally:
        _signer.reset(token)


def speaks_to(federation: Federation, only: str | None = None) -> Allow:
    """Whether a host may be asked for something now; `only`: no other host than this one."""

    async def allow(host: str) -> bool:
        if host == federation.domain or (only is not None and host != only):
            return False
        policy, peer = await federation.ports.policy.about(host)
        stance = stands(policy, peer).stance
        return stance in SPOKEN_TO or (stance is Stance.HELD and host == _signer.get())

    return allow
