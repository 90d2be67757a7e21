"""Hashtags that a member follows."""

from typing import Any

from sqlalchemy import Connection, Row, delete, select

from instance.db.reading import followed_tag
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.i18n import N_

LONGEST = 100


def name_of(text: str) -> str:
    """A hashtag in its one form: lower case, without #. Raises RefusalError for what is none."""
    name = text.strip().lstrip("#").lower()
    if not name or len(name) > LONGEST or not all(sign.isalnum() or sign in "_·" or ord(sign) > 127 for sign in name):
        raise RefusalError("tag-invalid", N_("Validation failed: this is no hashtag"))
    return name


def follow(u: Unit, account_id: int, name: str) -> None:
    """Follow a hashtag; once is enough."""
    insert_new(u.connection, followed_tag, account_id=account_id, name=name)


def unfollow(u: Unit, account_id: int, name: str) -> None:
    """Stop following it; none is fine."""
    which = (followed_tag.c.account_id == account_id, followed_tag.c.name == name)
    u.connection.execute(delete(followed_tag).where(*which))


def follows(connection: Connection, account_id: int, name: str) -> bool:
    """Whether she follows it."""
    which = (followed_tag.c.account_id == account_id, followed_tag.c.name == name)
    return connection.execute(select(followed_tag.c.id).where(*which)).first() is not None


def followed(connection: Connection, account_id: int, limit: int, below: int, above: int) -> list[Row[Any]]:
    """Rows (id, name) of those that she follows, newest first."""
    c = followed_tag.c
    asked = select(followed_tag).where(c.account_id == account_id, c.id < below, c.id > above)
    return list(connection.execute(asked.order_by(c.id.desc()).limit(limit)).all())
