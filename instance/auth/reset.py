"""A lost password: a one-time link by mail or from a steward, or a code of the recovery card. All sessions and tokens end."""

from sqlalchemy import Connection

from instance.auth import attempts, links, logins, recovery
from instance.auth.registration import MAIL
from instance.clock import Millis
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_
from instance.jobs.table import enqueue

BY_CODE = "reset-code"
BY_MAIL = "reset-mail"


def request(u: Unit, who: str) -> None:
    """Somebody asks for a link by mail. The same is done, and said, whoever it is: a job finds out who."""
    row = logins.find(u.connection, u.site.vault, who)
    asked = f"{who.strip().lower()}"
    if not attempts.try_once(u, BY_MAIL, asked):
        return  # enough mails for now; nobody is told
    known = row is not None and row.email_confirmed_at is not None and row.state == "active"
    enqueue(u, MAIL, {"what": links.RESET, "login_id": row.id if known and row is not None else 0})


def link_for(u: Unit, login_id: int) -> str:
    """The address of a new one-time link, for a steward to hand over. Links made before are void."""
    links.withdraw(u, links.RESET, login_id)
    return u.site.url(f"/link/reset/{links.mint(u, links.RESET, login_id)}")


def holds(connection: Connection, token: str, now: Millis) -> bool:
    """Whether a link can still be used."""
    return links.peek(connection, links.RESET, token, now) is not None


def finish(u: Unit, token: str, password_hash: str) -> int:
    """Set a new password by link; returns the login. Raises RefusalError."""
    link = links.spend(u, links.RESET, token)
    if link is None:
        raise RefusalError("link-over", N_("This link does not hold any more. Ask for a new one."), status=403)
    logins.set_password(u, link.login_id, password_hash)
    return int(link.login_id)


def by_code(u: Unit, who: str, code: str, password_hash: str) -> int | None:
    """Set a new password by a code of the recovery card; None if name or code are wrong, or after too many tries.

    Returned, not raised: the count of tries must be kept. Say the same for all: `wrong_code()`.
    """
    if not attempts.try_once(u, BY_CODE, who.strip().removeprefix("@").lower()):
        return None
    row = logins.find(u.connection, u.site.vault, who)
    if row is None or not recovery.use(u, row.id, code):
        return None
    logins.set_password(u, row.id, password_hash)
    return int(row.id)


def wrong_code() -> RefusalError:
    """What is said when a reset by code failed, for whatever reason."""
    return RefusalError(
        "reset-wrong", N_("Name or code is wrong, or the code was used already. After five tries, wait ten minutes.")
    )
