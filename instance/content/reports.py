"""Reports: a member tells the moderators about an account or its posts. What she says is sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from instance.content.visible import visible_to
from instance.db.content import post, report
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import ReportFiled
from instance.i18n import N_
from instance.ids import sortable_id
from instance.people import accounts

CATEGORIES = ("spam", "legal", "violation", "other")
LONGEST = 1000
MOST_POSTS = 100


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is reported."""

    target_id: int
    post_ids: Sequence[int] = ()
    rule_ids: Sequence[str] = ()
    category: str = "other"
    comment: str = ""
    forward: bool = False


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
    report_id = sortable_id(u.now, u.now)
    sealed = u.site.vault.seal(complaint.comment.encode(), "report", "comment", report_id)
    values = {
        "id": report_id,
        "account_id": reporter_id,
        "target_id": complaint.target_id,
        "post_ids": sorted(u.connection.execute(seen).scalars()),
        "rule_ids": list(complaint.rule_ids),
        "category": category,
        "comment": sealed,
        "forward": complaint.forward,
    }
    u.connection.execute(insert(report).values(**values, created_at=u.now))
    u.record(ReportFiled(report_id))
    return by_id(u.connection, report_id)


def by_id(connection: Connection, report_id: int) -> Row[Any]:
    """A report. Raises NotFoundError."""
    row = connection.execute(select(report).where(report.c.id == report_id)).first()
    if row is None:
        raise NotFoundError
    return row
