"""Invitations: a link that lets so many people sign up until a day, whatever the sign-up mode."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update
from sqlalchemy import insert as insert_row

from instance.auth.home import hashed
from instance.auth.logins import checked_role
from instance.clock import DAY, Millis
from instance.db.people import invitation
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_
from instance.ids import slug, token

LONGEST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Invitation:
    """A new invitation; its address is known this once only."""

    id: str
    url: str
    expires_at: Millis


def create(
    u: Unit, *, created_by: int | None = None, role: str = "member", max_uses: int = 1, days: int = 7
) -> Invitation:
    """Invite. `created_by` is an account; `max_uses` 0 has no limit. Raises RefusalError."""
    if not 1 <= days <= LONGEST_DAYS or max_uses < 0:
        raise RefusalError("invitation-invalid", N_("An invitation holds 1 to {most} days."), most=LONGEST_DAYS)
    value, invitation_id = token(144), slug()
    row = {"id": invitation_id, "token_hash": hashed(value), "created_by": created_by, "role": checked_role(role)}
    expires_at = u.now + days * DAY
    limits = {"max_uses": max_uses, "created_at": u.now, "expires_at": expires_at}
    u.connection.execute(insert_row(invitation).values(**row, **limits))
    return Invitation(invitation_id, u.site.url(f"/invite/{value}"), expires_at)


def valid(connection: Connection, value: str, now: Millis) -> Row[Any] | None:
    """The invitation behind a token, if it can still be used."""
    return connection.execute(select(invitation).where(*_good(value, now))).first()


def use(u: Unit, value: str) -> Any:
    """Use an invitation once; its row (id, role). Raises RefusalError if it is wrong, old, used up or withdrawn."""
    used = update(invitation).where(*_good(value, u.now)).values(uses=invitation.c.uses + 1)
    row = u.connection.execute(used.returning(invitation.c.id, invitation.c.role)).first()
    if row is None:
        raise RefusalError(
            "invitation-over", N_("This invitation does not hold any more. Ask for a new one."), status=403
        )
    return row


def revoke(u: Unit, invitation_id: str, created_by: int | None = None) -> bool:
    """Withdraw an invitation (`created_by`: only one's own); False if there is none."""
    which = [invitation.c.id == invitation_id, invitation.c.revoked_at.is_(None)]
    if created_by is not None:
        which.append(invitation.c.created_by == created_by)
    return u.connection.execute(update(invitation).where(*which).values(revoked_at=u.now)).rowcount > 0


def list_of(connection: Connection, created_by: int, now: Millis) -> list[Row[Any]]:
    """Somebody's invitations that still hold, newest first."""
    c = invitation.c
    mine = select(invitation).where(c.created_by == created_by, c.revoked_at.is_(None), c.expires_at > now)
    return list(connection.execute(mine.order_by(c.created_at.desc())))


def _good(value: str, now: Millis) -> list[Any]:
    c = invitation.c
    unused = or_(c.max_uses == 0, c.uses < c.max_uses)
    return [c.token_hash == hashed(value[:100]), c.revoked_at.is_(None), c.expires_at > now, unused]
