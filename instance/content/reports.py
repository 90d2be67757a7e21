"""Reports: a member, or another server, tells the moderators about an account or its posts. What is said is sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from instance.content.visible import visible_to
from instance.db.content import post, report
from instance.db.groups import group_post
from instance.db.people import account
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import ReportFiled
from instance.groups.acting import is_moderator
from instance.i18n import N_
from instance.ids import sortable_id
from instance.people import accounts
from instance.vault import Vault

CATEGORIES = ("spam", "legal", "violation", "other")
LONGEST = 1000
MOST_POSTS = 100
MOST_OPEN, MOST_OPEN_OF_SERVER, MOST_OPEN_ELSEWHERE = 50, 500, 2000
"""Of reports that wait, by one actor elsewhere (servers report by one for all their members), by one server, by all servers:
who owns a domain has as many servers as she likes."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is reported."""

    target_id: int
    post_ids: Sequence[int] = ()
    rule_ids: Sequence[str] = ()
    category: str = "other"
    comment: str = ""
    forward: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What another server reports: an account, some of its posts, the group of ours that they are in."""

    target_id: int
    post_ids: Sequence[int] = ()
    group_id: int | None = None


def file(u: Unit, reporter_id: int, complaint: Complaint) -> Row[Any]:
    """File a report. Posts that she can't read or that are not the account's are left out. Raises RefusalError."""
    if accounts.by_id(u.connection, complaint.target_id) is None:
        raise NotFoundError
    if len(complaint.comment) > LONGEST:
        raise RefusalError(
            "report-long", N_("Validation failed: Comment is longer than {most} characters"), most=LONGEST
        )
    category = "violation" if complaint.rule_ids else complaint.category or "other"
    if category not in CATEGORIES:
        raise RefusalError("report-category", N_("Validation failed: Category is not one of those that there are"))
    seen = select(post.c.id).where(
        post.c.id.in_(list(complaint.post_ids)[:MOST_POSTS]),
        post.c.account_id == complaint.target_id,
        visible_to(reporter_id),
    )
    target = accounts.by_id(u.connection, complaint.target_id)
    post_ids = sorted(u.connection.execute(seen).scalars())
    ours, theirs = _groups(u.connection, post_ids)
    elsewhere = bool(theirs) or (target is not None and target.domain != "")
    return _keep(
        u,
        complaint.comment,
        account_id=reporter_id,
        target_id=complaint.target_id,
        group_id=ours,
        post_ids=post_ids,
        rule_ids=list(complaint.rule_ids),
        category=category,
        forward=complaint.forward and elsewhere,
    )


def shown_in(connection: Connection, group_id: int, rows: Sequence[Row[Any]]) -> dict[int, list[int]]:
    """report id -> those of its posts that are before this group: no more of what is reported is its moderators' to read."""
    named = {post_id for row in rows for post_id in row.post_ids or []}
    there = select(group_post.c.id).where(group_post.c.group_id == group_id, group_post.c.post_id == post.c.id)
    within = or_(post.c.group_id == group_id, there.exists())
    asked = select(post.c.id).where(post.c.id.in_(named), post.c.visibility != "direct", within)
    found = set(connection.execute(asked).scalars()) if named else set()
    return {row.id: [post_id for post_id in row.post_ids or [] if post_id in found] for row in rows}


def _groups(connection: Connection, post_ids: Sequence[int]) -> tuple[int | None, list[int]]:
    """(the group of ours that posts are in, if one; the remote groups): whose moderators look after them."""
    asked = select(account.c.id, account.c.domain).join(post, post.c.group_id == account.c.id)
    rows = connection.execute(asked.where(post.c.id.in_(post_ids)).order_by(account.c.id)).all() if post_ids else []
    ours = next((row.id for row in rows if row.domain == ""), None)
    return ours, list(dict.fromkeys(row.id for row in rows if row.domain))


def remote_groups(connection: Connection, row: Row[Any]) -> list[int]:
    """Account ids of the remote groups that the posts of a report are in."""
    return _groups(connection, row.post_ids or [])[1]


def receive(u: Unit, reporter_id: int, told: Told, words: str, *, iri: str | None = None) -> Row[Any] | None:
    """Keep what another server reports; None where just that is open already, or was told by this very activity."""
    c = report.c
    posts = sorted(told.post_ids)
    same = select(c.post_ids).where(c.account_id == reporter_id, c.target_id == told.target_id, c.closed_at.is_(None))
    if any(row.post_ids == posts for row in u.connection.execute(same)):
        return None
    if iri is not None and u.connection.execute(select(c.id).where(c.iri == iri)).first() is not None:
        return None
    if _floods(u.connection, reporter_id):
        return None
    about = {"account_id": reporter_id, "target_id": told.target_id, "group_id": told.group_id, "post_ids": posts}
    return _keep(u, words[:LONGEST], **about, rule_ids=[], category="other", iri=iri)


def _floods(connection: Connection, reporter_id: int) -> bool:
    """Whether moderators have enough to do with what this reporter, or her whole server, told before."""
    by, other = account.alias("by"), account.alias("other")
    there = select(other.c.id).join(by, by.c.domain == other.c.domain).where(by.c.id == reporter_id)
    asked = select(report.c.account_id).where(report.c.closed_at.is_(None), report.c.account_id.in_(there))
    waiting = list(connection.execute(asked.limit(MOST_OPEN_OF_SERVER)).scalars())
    if len(waiting) >= MOST_OPEN_OF_SERVER or waiting.count(reporter_id) >= MOST_OPEN:
        return True
    elsewhere = select(func.count()).select_from(report.join(by, by.c.id == report.c.account_id))
    return connection.execute(elsewhere.where(report.c.closed_at.is_(None), by.c.domain != "")).scalar_one() >= (
        MOST_OPEN_ELSEWHERE
    )


def _keep(u: Unit, words: str, **values: Any) -> Row[Any]:
    report_id = sortable_id(u.now, u.now)
    sealed = u.site.vault.seal(words.encode(), "report", "comment", report_id)
    u.connection.execute(insert(report).values(id=report_id, comment=sealed, created_at=u.now, **values))
    u.record(ReportFiled(report_id))
    return by_id(u.connection, report_id)


def words_of(vault: Vault, row: Row[Any]) -> str:
    """What the reporter wrote."""
    return vault.open(row.comment, "report", "comment", row.id).decode() if row.comment else ""


def waiting(connection: Connection, limit: int = 100, *, closed: bool = False) -> list[Row[Any]]:
    """Reports that nobody has dealt with yet (or those that are closed), the newest first."""
    done = report.c.closed_at.is_not(None) if closed else report.c.closed_at.is_(None)
    return list(connection.execute(select(report).where(done).order_by(report.c.id.desc()).limit(limit)).all())


def close(u: Unit, report_id: int, moderator_id: int) -> None:
    """A moderator has dealt with a report; what is closed stays as it is."""
    mine = update(report).where(report.c.id == report_id, report.c.closed_at.is_(None))
    u.connection.execute(mine.values(closed_at=u.now, closed_by=moderator_id))


def resolve(u: Unit, flag_iri: str, actor_iri: str) -> bool:
    """The moderator elsewhere of a group of ours has dealt with a report about its posts; False for any other."""
    row = u.connection.execute(select(report).where(report.c.iri == flag_iri)).first()
    by = accounts.by_iri(u.connection, actor_iri)
    if row is None or by is None or row.group_id is None or not is_moderator(u.connection, row.group_id, by.id):
        return False
    close(u, row.id, by.id)
    return True


def in_group(connection: Connection, group_id: int, limit: int = 40) -> list[Row[Any]]:
    """Open reports about posts in a group of ours, the newest first: for its moderators."""
    mine = select(report).where(report.c.group_id == group_id, report.c.closed_at.is_(None))
    return list(connection.execute(mine.order_by(report.c.id.desc()).limit(limit)).all())


def close_in_group(u: Unit, report_id: int, group_id: int, moderator_id: int) -> None:
    """A group's moderator has dealt with a report about its posts. Raises NotFoundError for any other."""
    if by_id(u.connection, report_id).group_id != group_id:
        raise NotFoundError
    close(u, report_id, moderator_id)


def reopen(u: Unit, report_id: int) -> None:
    """Look into it again."""
    u.connection.execute(update(report).where(report.c.id == report_id).values(closed_at=None, closed_by=None))


def by_id(connection: Connection, report_id: int) -> Row[Any]:
    """A report. Raises NotFoundError."""
    row = connection.execute(select(report).where(report.c.id == report_id)).first()
    if row is None:
        raise NotFoundError
    return row
