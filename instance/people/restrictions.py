"""Blocks, mutes and refused servers: what one account wants nothing of."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, false, insert, or_, select, update

from instance.clock import Millis
from instance.db.people import account, account_note, domain_restriction, restriction
from instance.db.reading import notification
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import NotFoundError, RefusalError
from instance.events import BlockEnded, BlockMade
from instance.i18n import N_
from instance.ids import sortable_id
from instance.people import follows, severing
from instance.people.accounts import AccountRow, by_id
from policies.peers import clean_host

BLOCK, MUTE = "block", "mute"
NOTE_LENGTH = 2000


def block(u: Unit, account_id: int, target_id: int, *, iri: str | None = None) -> None:
    """Block: neither sees the other, follows in both directions end. `iri` is the id of a remote Block."""
    owner = _owner(u, account_id, target_id)
    if follows.one(u.connection, account_id, target_id) is not None:
        follows.end(u, account_id, target_id)
    follows.reject(u, target_id, account_id)
    if _find(u, BLOCK, account_id, target_id) is not None:
        return
    block_id = sortable_id(u.now, u.now)
    if iri is None or _taken(u, iri):
        iri = f"{owner.iri}#blocks/{block_id}"
    row = {"id": block_id, "account_id": account_id, "target_id": target_id, "kind": BLOCK, "iri": iri}
    u.connection.execute(insert(restriction).values(**row, created_at=u.now))
    u.record(BlockMade(account_id, target_id, iri))


def unblock(u: Unit, account_id: int, target_id: int) -> bool:
    """Lift a block; False if there is none."""
    gone = _remove(u, BLOCK, account_id, target_id)
    if gone is None:
        return False
    u.record(BlockEnded(account_id, target_id, gone.iri or ""))
    return True


def between(connection: Connection, one_id: int, other_id: int) -> bool:
    """Whether either of two accounts blocks the other."""
    c = restriction.c
    pairs = or_(
        and_(c.account_id == one_id, c.target_id == other_id), and_(c.account_id == other_id, c.target_id == one_id)
    )
    return connection.execute(select(c.id).where(c.kind == BLOCK, pairs)).first() is not None


def hides(reader_id: int, author: ColumnElement[int], now: Millis) -> ColumnElement[bool]:
    """The condition that an account is one whom a reader blocks or mutes now, or whose server she refuses."""
    c, refused = restriction.c, account.alias("refused")
    ends = or_(c.expires_at.is_(None), c.expires_at > now)
    hers = exists().where(c.account_id == reader_id, c.target_id == author, ends)
    servers = select(refused.c.id).join(domain_restriction, domain_restriction.c.domain == refused.c.domain)
    return or_(hers, servers.where(domain_restriction.c.account_id == reader_id, refused.c.id == author).exists())


def blocked(reader_id: int | None, other: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that an account and a reader are parted by a block, whoever made it; nobody is from a stranger."""
    if reader_id is None:
        return false()
    c = restriction.c
    either = or_(
        and_(c.account_id == reader_id, c.target_id == other), and_(c.account_id == other, c.target_id == reader_id)
    )
    return exists().where(c.kind == BLOCK, either)


def mute(
    u: Unit, account_id: int, target_id: int, *, notifications: bool = True, duration: Millis | None = None
) -> None:
    """Mute: what the target writes is not put before the account. `duration` in milliseconds; None has no end.

    The target is not told. Muting again replaces the choices.
    """
    _owner(u, account_id, target_id)
    values = {"notifications": notifications, "expires_at": u.now + duration if duration else None}
    if _find(u, MUTE, account_id, target_id) is not None:
        u.connection.execute(update(restriction).where(_which(MUTE, account_id, target_id)).values(**values))
        return
    row = {"id": sortable_id(u.now, u.now), "account_id": account_id, "target_id": target_id, "kind": MUTE}
    u.connection.execute(insert(restriction).values(**row, **values, created_at=u.now))


def unmute(u: Unit, account_id: int, target_id: int) -> bool:
    """Lift a mute; False if there is none."""
    return _remove(u, MUTE, account_id, target_id) is not None


def block_domain(u: Unit, account_id: int, domain: str) -> None:
    """Refuse a whole server: follows in both directions with its accounts end, and are kept to be offered again.

    `domain` is `host[:port]`. What its accounts write, boost and do is put before her nowhere any more.
    """
    named = clean_host(domain)
    if named is None:
        raise RefusalError("domain-invalid", N_("Name a server by its domain, as in circle.example."))
    domain = named
    if domain == u.site.domain:
        raise RefusalError("domain-ours", N_("You can't block the server that you are on."))
    known = select(domain_restriction.c.id).where(
        domain_restriction.c.account_id == account_id, domain_restriction.c.domain == domain
    )
    if u.connection.execute(known).first() is not None:
        return
    row = {"id": sortable_id(u.now, u.now), "account_id": account_id, "domain": domain, "created_at": u.now}
    u.connection.execute(insert(domain_restriction).values(**row))
    severing.sever(u, domain, member_id=account_id)
    there = select(account.c.id).where(account.c.domain == domain)
    told = and_(notification.c.account_id == account_id, notification.c.from_id.in_(there))
    u.connection.execute(delete(notification).where(told))
    behind = select(account.c.domain).distinct().where(account.c.handle_host == domain)
    for host in u.connection.execute(behind).scalars().all():  # she sees its handles, and means their actors' server
        block_domain(u, account_id, host)


def unblock_domain(u: Unit, account_id: int, domain: str) -> bool:
    """Take the refusal of a server back, and offer what it ended; False if there is none."""
    domain = clean_host(domain) or domain.strip().lower()
    which = and_(domain_restriction.c.account_id == account_id, domain_restriction.c.domain == domain)
    if not u.connection.execute(delete(domain_restriction).where(which)).rowcount:
        return False
    severing.restore(u, domain, member_id=account_id)
    return True


def set_note(u: Unit, account_id: int, target_id: int, text: str) -> None:
    """Keep a private note on an account, replacing the old one; empty text takes it away."""
    if len(text) > NOTE_LENGTH:
        raise RefusalError(
            "note-too-long", N_("The note has more than {most} characters; shorten it."), most=NOTE_LENGTH
        )
    if by_id(u.connection, target_id) is None:
        raise NotFoundError
    which = and_(account_note.c.account_id == account_id, account_note.c.target_id == target_id)
    if not text.strip():
        u.connection.execute(delete(account_note).where(which))
    elif not insert_new(u.connection, account_note, account_id=account_id, target_id=target_id, text=text):
        u.connection.execute(update(account_note).where(which).values(text=text))


def _owner(u: Unit, account_id: int, target_id: int) -> AccountRow:
    asked = select(account).where(account.c.id.in_([account_id, target_id])).order_by(account.c.id).with_for_update()
    rows = {row.id: row for row in u.connection.execute(asked)}
    if account_id == target_id:
        raise RefusalError("restrict-self", N_("This action is not allowed"), status=403)
    if account_id not in rows or target_id not in rows:
        raise NotFoundError
    return rows[account_id]


def _which(kind: str, account_id: int, target_id: int) -> ColumnElement[bool]:
    c = restriction.c
    return and_(c.account_id == account_id, c.target_id == target_id, c.kind == kind)


def _find(u: Unit, kind: str, account_id: int, target_id: int) -> Row[Any] | None:
    return u.connection.execute(select(restriction).where(_which(kind, account_id, target_id))).first()


def _taken(u: Unit, iri: str) -> bool:
    return u.connection.execute(select(restriction.c.id).where(restriction.c.iri == iri)).first() is not None


def _remove(u: Unit, kind: str, account_id: int, target_id: int) -> Any:
    asked = delete(restriction).where(_which(kind, account_id, target_id)).returning(restriction.c.iri)
    return u.connection.execute(asked).first()
