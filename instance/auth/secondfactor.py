"""The second factor: a code from an authenticator app (TOTP, RFC 6238), or one from the recovery card in its place.

A step is good once; five tries in ten minutes, always. Time is the real one: the phone knows no other.
"""

import hmac
from dataclasses import dataclass
from enum import Enum

import pyotp
from sqlalchemy import Row, select, update

from governance.offices.positions import NEEDS_SECOND_FACTOR
from instance.auth import attempts, recovery
from instance.clock import SECOND
from instance.db.people import login
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_

STEP_SECONDS = 30
PURPOSE = "second-factor"


class Verdict(Enum):
    """What a code is worth."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_MANY = "too many"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the authenticator app needs, as text and as an address for a QR code."""

    secret: str
    uri: str


def is_on(row: Row[tuple[object, ...]]) -> bool:
    """Whether a login (its row) signs in with a second factor."""
    return getattr(row, "totp_confirmed_at", None) is not None


def begin(u: Unit, login_id: int, name: str) -> Enrolment:
    """Start setting it up; it counts once `confirm` has seen a code. Raises RefusalError where it is on already."""
    row = _locked(u, login_id)
    if is_on(row):
        raise RefusalError("second-factor-on", N_("The second factor is on already. Turn it off first."))
    secret = pyotp.random_base32()
    sealed = u.site.vault.seal(secret.encode(), "login", "totp", login_id)
    u.connection.execute(update(login).where(login.c.id == login_id).values(totp=sealed, totp_last_step=None))
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=u.site.domain)
    return Enrolment(secret, uri)


def confirm(u: Unit, login_id: int, code: str) -> Verdict:
    """The first code from the app turns the second factor on."""
    verdict = _judge(u, login_id, code)
    if verdict is Verdict.RIGHT:
        u.connection.execute(update(login).where(login.c.id == login_id).values(totp_confirmed_at=u.now))
    return verdict


def check(u: Unit, login_id: int, code: str) -> Verdict:
    """Judge a code from the app or the card. Returned, not raised: the count of tries must be kept."""
    if not is_on(_locked(u, login_id)):
        return Verdict.WRONG
    return _judge(u, login_id, code, card=True)


def refuse(verdict: Verdict) -> None:
    """Raise the RefusalError of a verdict that is not RIGHT; call it after the unit."""
    if verdict is Verdict.TOO_MANY:
        raise attempts.too_many()
    if verdict is Verdict.WRONG:
        raise RefusalError("code-wrong", N_("This code is wrong or was used already. Wait for the next one."))


def turn_off(u: Unit, login_id: int) -> None:
    """Do without it. Raises RefusalError for positions that must have it (production)."""
    row = _locked(u, login_id)
    if row.role in NEEDS_SECOND_FACTOR and not u.site.settings.development:
        raise RefusalError("second-factor-needed", N_("Stewards and moderators need the second factor."))
    off = {"totp": None, "totp_confirmed_at": None, "totp_last_step": None}
    u.connection.execute(update(login).where(login.c.id == login_id).values(**off))


def _locked(u: Unit, login_id: int) -> Row[tuple[object, ...]]:
    row = u.connection.execute(select(login).where(login.c.id == login_id).with_for_update()).first()
    if row is None:
        raise NotFoundError
    return row


def _judge(u: Unit, login_id: int, code: str, *, card: bool = False) -> Verdict:
    row = _locked(u, login_id)
    if not attempts.try_once(u, PURPOSE, str(login_id)):
        return Verdict.TOO_MANY
    step = _step(u, row, "".join(code.split()))
    if step is not None:
        u.connection.execute(update(login).where(login.c.id == login_id).values(totp_last_step=str(step)))
    elif not (card and recovery.use(u, login_id, code)):
        return Verdict.WRONG
    attempts.forget(u, PURPOSE, str(login_id))
    return Verdict.RIGHT


def _step(u: Unit, row: Row[tuple[object, ...]], code: str) -> int | None:
    """The time step that this code belongs to: now or one to either side, and later than the last one used."""
    if not row.totp or not (code.isascii() and code.isdigit()):
        return None
    secret = u.site.vault.open(row.totp, "login", "totp", row.id).decode()
    now = u.site.clock.wire() // (STEP_SECONDS * SECOND)
    totp = pyotp.TOTP(secret)
    for step in (now - 1, now, now + 1):
        if step > int(row.totp_last_step or 0) and hmac.compare_digest(totp.generate_otp(step), code):
            return int(step)
    return None
