"""Makes members who can act: with a password, a session, a token."""

from dataclasses import dataclass

from instance.auth import oauth, passwords, sessions
from instance.auth.logins import Member, NewLogin, add, command_line_app
from instance.auth.sessions import cookie_name
from instance.db.unit import Unit
from tests.support.world import Running

PASSWORD = "correct horse battery"
_HASH = passwords.hash_now(PASSWORD)
ALL = "read write follow push"


@dataclass(frozen=True)
class Acting:
    """A member with all that she acts by."""

    name: str
    login_id: int
    account_id: int
    token: str
    cookie: str
    csrf: str
    running: Running

    @property
    def bearer(self) -> dict[str, str]:
        """Headers of her app."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies of her browser."""
        return {cookie_name(self.running.house.site.settings): self.cookie}


async def member(running: Running, name: str, *, role: str = "member", scopes: str = ALL, **more: bool) -> Acting:
    """A member called `name`, password PASSWORD. `public_posting=True` allows public posts."""

    def make(u: Unit) -> tuple[Member, str, str]:
        made = add(u, name, NewLogin(_HASH, role), **more)  # type: ignore[arg-type]
        issued = oauth.issue(u, command_line_app(u), scopes.split(), made.login_id, made.account_id)
        return made, issued.token, sessions.start(u, made.login_id, "Firefox on Linux")

    made, token, cookie = await running.house.store.unit(make)
    [seen] = await running.house.store.read(sessions.list_of, made.login_id, running.house.site.clock.now())
    found = await running.house.store.hot(sessions.FIND, id_hash=seen.id_hash)
    return Acting(name, made.login_id, made.account_id, token, cookie, str(found[0][3]), running)
