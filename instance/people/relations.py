"""How a reader stands to other accounts: follows, blocks, mutes, notes, in four statements for any number of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select

from instance.clock import Millis
from instance.db.people import account, account_note, domain_restriction, follow, restriction


@dataclass(slots=True)
class Relation:
    """One reader's relation to one account; all False to a stranger."""

    account_id: int
    following: bool = False
    showing_boosts: bool = False
    notifying: bool = False
    languages: list[str] | None = None
    requested: bool = False
    followed_by: bool = False
    requested_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    muting_until: Millis | None = None
    domain_blocking: bool = False
    note: str = ""


def relations(
    connection: Connection, viewer_id: int, ids: Sequence[int], *, now: Millis | None = None
) -> dict[int, Relation]:
    """The viewer's relation to each of these accounts, in their order. With `now`, mutes that have ended don't count."""
    found = {account_id: Relation(account_id) for account_id in ids}
    if found:
        _follows(connection, viewer_id, found)
        _restrictions(connection, viewer_id, found, now)
        _domains(connection, viewer_id, found)
        _notes(connection, viewer_id, found)
    return found


def relation(connection: Connection, viewer_id: int, account_id: int) -> Relation:
    """The viewer's relation to one account."""
    return relations(connection, viewer_id, [account_id])[account_id]


def _follows(connection: Connection, viewer_id: int, found: dict[int, Relation]) -> None:
    c = follow.c
    asked = select(c.follower_id, c.target_id, c.state, c.boosts, c.notify, c.languages).where(
        or_(
            and_(c.follower_id == viewer_id, c.target_id.in_(found)),
            and_(c.target_id == viewer_id, c.follower_id.in_(found)),
        )
    )
    for row in connection.execute(asked):
        accepted = row.state == "accepted"
        if row.follower_id == viewer_id:
            to = found[row.target_id]
            to.following, to.requested = accepted, not accepted
            to.showing_boosts, to.notifying, to.languages = row.boosts, row.notify, row.languages
        else:
            by = found[row.follower_id]
            by.followed_by, by.requested_by = accepted, not accepted


def _restrictions(connection: Connection, viewer_id: int, found: dict[int, Relation], now: Millis | None) -> None:
    c = restriction.c
    asked = select(c.account_id, c.target_id, c.kind, c.notifications, c.expires_at).where(
        or_(
            and_(c.account_id == viewer_id, c.target_id.in_(found)),
            and_(c.target_id == viewer_id, c.account_id.in_(found), c.kind == "block"),
        )
    )
    for row in connection.execute(asked):
        if row.account_id != viewer_id:
            found[row.account_id].blocked_by = True
        elif row.kind == "block":
            found[row.target_id].blocking = True
        elif now is None or row.expires_at is None or row.expires_at > now:
            muted = found[row.target_id]
            muted.muting, muted.muting_notifications = True, row.notifications
            muted.muting_until = row.expires_at


def _domains(connection: Connection, viewer_id: int, found: dict[int, Relation]) -> None:
    asked = select(account.c.id).join(domain_restriction, domain_restriction.c.domain == account.c.domain)
    asked = asked.where(domain_restriction.c.account_id == viewer_id, account.c.id.in_(found))
    for row in connection.execute(asked):
        found[row.id].domain_blocking = True


def _notes(connection: Connection, viewer_id: int, found: dict[int, Relation]) -> None:
    asked = select(account_note.c.target_id, account_note.c.text)
    asked = asked.where(account_note.c.account_id == viewer_id, account_note.c.target_id.in_(found))
    for row in connection.execute(asked):
        found[row.target_id].note = row.text
