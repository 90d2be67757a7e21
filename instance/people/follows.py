"""Follows: ask, accept, refuse, end; who follows whom, page by page. Counts are kept on both accounts.

A follow of a local account that is not locked is in force at once; a remote target answers by federation.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, insert, or_, select, update

from instance.db.people import account, domain_restriction, follow, restriction
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import FollowAccepted, FollowEnded, FollowLapsed, FollowRejected, FollowRequested
from instance.i18n import N_
from instance.ids import sortable_id
from instance.people.accounts import AccountRow, is_shown

PENDING, ACCEPTED = "pending", "accepted"


def request(
    u: Unit,
    follower_id: int,
    target_id: int,
    *,
    iri: str | None = None,
    verb: str | None = None,
    boosts: bool = True,
    notify: bool = False,
    languages: Sequence[str] | None = None,
) -> str:
    """Follow an account; returns 'accepted' or 'pending'. Asking again changes `boosts`, `notify`, `languages`.

    `iri` is the id of a remote follower's Follow; asking again with another one answers again. `verb` is how it asked
    where that was not Follow (Join). Raises RefusalError (oneself, blocked in either direction, the target has moved),
    NotFoundError (gone, suspended, or neither side is ours).
    """
    follower, target = _both(u, follower_id, target_id)
    _may_follow(u.connection, follower, target)
    wishes = {"boosts": boosts, "notify": notify, "languages": list(languages) if languages else None}
    old = one(u.connection, follower_id, target_id)
    if old is not None:
        return _again(u, old, iri, wishes | {"verb": verb}, target)
    at_once = target.domain == "" and not target.locked
    follow_id = sortable_id(u.now, u.now)
    if follower.domain == "":
        iri = f"{follower.iri}#follows/{follow_id}"
    row = {"id": follow_id, "follower_id": follower_id, "target_id": target_id, "iri": _free(u.connection, iri)}
    state = ACCEPTED if at_once else PENDING
    u.connection.execute(insert(follow).values(**row, verb=verb, state=state, created_at=u.now, **wishes))
    if at_once:
        _count(u, follower_id, target_id, 1)
        u.record(FollowAccepted(follow_id, follower_id, target_id, requested_before=False))
    else:
        u.record(FollowRequested(follow_id, follower_id, target_id))
    return state


def accept(u: Unit, follower_id: int, target_id: int) -> bool:
    """The target says yes to a request; False if none waits."""
    waiting = and_(_pair(follower_id, target_id), follow.c.state == PENDING)
    found = u.connection.execute(update(follow).where(waiting).values(state=ACCEPTED).returning(follow.c.id)).first()
    if found is None:
        return False
    _count(u, follower_id, target_id, 1)
    u.record(FollowAccepted(found.id, follower_id, target_id, requested_before=True))
    return True


def reject(u: Unit, follower_id: int, target_id: int) -> bool:
    """The target refuses a request or removes a follower; False if there is neither."""
    gone = _remove(u, follower_id, target_id)
    if gone is None:
        return False
    u.record(FollowRejected(follower_id, target_id, gone.iri, gone.verb))
    return True


def unaccept(u: Unit, follower_id: int, target_id: int) -> bool:
    """The target takes its yes back: the follow is a request again; False if it was not in force."""
    given = and_(_pair(follower_id, target_id), follow.c.state == ACCEPTED)
    found = u.connection.execute(update(follow).where(given).values(state=PENDING).returning(follow.c.iri)).first()
    if found is None:
        return False
    _count(u, follower_id, target_id, -1)
    u.record(FollowLapsed(follower_id, target_id))
    return True


def end(u: Unit, follower_id: int, target_id: int) -> bool:
    """The follower ends it, or takes the request back; False if there is neither."""
    gone = _remove(u, follower_id, target_id)
    if gone is None:
        return False
    u.record(FollowEnded(follower_id, target_id, gone.iri))
    return True


def one(connection: Connection, follower_id: int, target_id: int) -> Row[Any] | None:
    """The follow from one account to another, whatever its state."""
    return connection.execute(select(follow).where(_pair(follower_id, target_id))).first()


def by_iri(connection: Connection, iri: str) -> Row[Any] | None:
    """The follow that a Follow activity made."""
    return connection.execute(select(follow).where(follow.c.iri == iri)).first()


def followers(connection: Connection, account_id: int, **page: int | None) -> list[Row[Any]]:
    """Rows (follow id, account id) of those who follow an account, newest first; see `_paged` for `page`."""
    return _paged(connection, follow.c.follower_id, and_(follow.c.target_id == account_id, _in_force()), **page)


def following(connection: Connection, account_id: int, **page: int | None) -> list[Row[Any]]:
    """Rows (follow id, account id) of those whom an account follows, newest first."""
    return _paged(connection, follow.c.target_id, and_(follow.c.follower_id == account_id, _in_force()), **page)


def requests(connection: Connection, account_id: int, **page: int | None) -> list[Row[Any]]:
    """Rows (follow id, account id) of those who wait for an account's answer, newest first."""
    waiting = and_(follow.c.target_id == account_id, follow.c.state == PENDING)
    return _paged(connection, follow.c.follower_id, waiting, **page)


def _in_force() -> ColumnElement[bool]:
    return follow.c.state == ACCEPTED


def _paged(
    connection: Connection,
    column: ColumnElement[int],
    which: ColumnElement[bool],
    *,
    limit: int | None = 40,
    max_id: int | None = None,
    since_id: int | None = None,
    min_id: int | None = None,
) -> list[Row[Any]]:
    """A page by follow id: older than `max_id`, newer than `since_id`, or the oldest newer than `min_id`."""
    asked = select(follow.c.id, column.label("account_id")).join(account, account.c.id == column)
    asked = asked.where(which, account.c.deleted_at.is_(None), account.c.suspended_at.is_(None))
    if max_id is not None:
        asked = asked.where(follow.c.id < max_id)
    newer = max((n for n in (since_id, min_id) if n is not None), default=None)
    if newer is not None:
        asked = asked.where(follow.c.id > newer)
    asked = asked.order_by(follow.c.id.asc() if min_id is not None else follow.c.id.desc()).limit(limit)
    rows = list(connection.execute(asked))
    return rows[::-1] if min_id is not None else rows


def _both(u: Unit, follower_id: int, target_id: int) -> tuple[AccountRow, AccountRow]:
    """Both accounts, locked in one order so that two who follow each other at once don't wait for each other."""
    asked = select(account).where(account.c.id.in_([follower_id, target_id])).order_by(account.c.id).with_for_update()
    rows = {row.id: row for row in u.connection.execute(asked)}
    follower, target = rows.get(follower_id), rows.get(target_id)
    if follower is None or target is None or not (is_shown(follower) and is_shown(target)):
        raise NotFoundError
    if follower.domain and target.domain:
        raise NotFoundError
    return follower, target


def _may_follow(connection: Connection, follower: AccountRow, target: AccountRow) -> None:
    if follower.id == target.id:
        raise RefusalError("follow-self", N_("You can't follow yourself."), status=403)
    if target.moved_at is not None and target.moved_to:
        raise RefusalError("follow-moved", N_("This account has moved. Follow the new one."), status=403)
    blocks = exists().where(
        restriction.c.kind == "block",
        or_(
            and_(restriction.c.account_id == follower.id, restriction.c.target_id == target.id),
            and_(restriction.c.account_id == target.id, restriction.c.target_id == follower.id),
        ),
    )
    refuses = exists().where(
        or_(
            and_(domain_restriction.c.account_id == target.id, domain_restriction.c.domain == follower.domain),
            and_(domain_restriction.c.account_id == follower.id, domain_restriction.c.domain == target.domain),
        )
    )
    if connection.execute(select(or_(blocks, refuses))).scalar():
        raise RefusalError("follow-blocked", N_("This action is not allowed"), status=403)


def _again(u: Unit, old: Row[Any], iri: str | None, wishes: dict[str, Any], target: AccountRow) -> str:
    values = dict(wishes)
    if iri is not None and iri != old.iri:
        values["iri"] = _free(u.connection, iri)
    u.connection.execute(update(follow).where(follow.c.id == old.id).values(**values))
    if iri is not None and old.state == ACCEPTED:  # a remote follower who lost our answer
        u.record(FollowAccepted(old.id, old.follower_id, old.target_id, requested_before=True))
    elif old.state == PENDING and target.domain == "" and not target.locked:
        accept(u, old.follower_id, old.target_id)
        return ACCEPTED
    return str(old.state)


def _free(connection: Connection, iri: str | None) -> str | None:
    """The id, unless another follow has it (a peer that uses one id twice): then the pair alone names the follow."""
    taken = iri is not None and by_iri(connection, iri) is not None
    return None if taken else iri


_GONE = (follow.c.id, follow.c.iri, follow.c.verb, follow.c.state)


def _remove(u: Unit, follower_id: int, target_id: int) -> Any:
    asked = delete(follow).where(_pair(follower_id, target_id)).returning(*_GONE)
    gone = u.connection.execute(asked).first()
    if gone is not None and gone.state == ACCEPTED:
        _count(u, follower_id, target_id, -1)
    return gone


def _count(u: Unit, follower_id: int, target_id: int, by: int) -> None:
    more = {
        follower_id: {"following_count": account.c.following_count + by},
        target_id: {"followers_count": account.c.followers_count + by},
    }
    for account_id in sorted(more):
        u.connection.execute(update(account).where(account.c.id == account_id).values(**more[account_id]))


def _pair(follower_id: int, target_id: int) -> ColumnElement[bool]:
    return and_(follow.c.follower_id == follower_id, follow.c.target_id == target_id)
