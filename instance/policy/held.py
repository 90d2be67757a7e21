"""What waits for a person: who can see it, let it in, forget it. Stewards decide; what is let in is judged once more, but
for rules that hold things.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from federation.at_rest import open_in
from federation.schema import inbox_activity
from federation.vocab.iris import PUBLIC
from instance.clock import Millis
from instance.db.unit import Unit
from instance.policy.effects import note
from instance.sanitise import plain
from instance.vault import Vault

MOST = 100
EXCERPT = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """An activity that is held. `said` are the words that it brings, as plain text."""

    id: int
    host: str
    actor: str
    kind: str
    reason: str
    received_at: Millis
    said: str


def waiting(connection: Connection, vault: Vault, host: str | None = None) -> list[Waiting]:
    """What is held, the newest first; of one server, or all. Words that are not for everyone are not told."""
    table = inbox_activity.c
    asked = select(inbox_activity).where(table.state == "held", *([table.host == host] if host is not None else []))
    rows = connection.execute(asked.order_by(table.id.desc()).limit(MOST))
    return [
        Waiting(row.id, row.host, row.actor, row.kind, row.reason or "", row.received_at, _said(_opened(vault, row)))
        for row in rows
    ]


def decide(u: Unit, host: str, number: int, *, let_in: bool) -> bool:
    """Let one in, which is worked on at once, or erase it, of which its sender hears nothing; whether it still waited."""
    table = inbox_activity.c
    mine = update(inbox_activity).where(table.id == number, table.host == host, table.state == "held")
    again = {"state": "received", "reason": None, "let_in_at": u.now, "next_try_at": u.now, "tries": 0}
    gone = {"state": "ignored", "body": None, "done_at": u.now}
    if not u.connection.execute(mine.values(**(again if let_in else gone))).rowcount:
        return False
    note(u, host, "held let in" if let_in else "held forgotten", 1, "moderator")
    u.wake("inbox")
    return True


def _opened(vault: Vault, row: Any) -> bytes | None:
    return open_in(vault, row.body, row.activity_key) if row.body is not None else None


def _said(body: bytes | None) -> str:
    """The words of the object, or of the activity itself (a report, a request), as far as everybody may read them."""
    try:
        found = msgspec.json.decode(body or b"{}")
    except msgspec.DecodeError:
        return ""
    about = found.get("object") if isinstance(found, dict) else None
    for one in (about, found):
        if isinstance(one, dict) and (one.get("type") == "Flag" or _is_open(one)):
            words = [one.get(name) for name in ("name", "summary", "content")]
            if any(words):
                return "\n".join(plain(word) for word in words if isinstance(word, str) and word)[:EXCERPT]
    return ""


def _is_open(one: dict[str, Any]) -> bool:
    given = [one.get(name) for name in ("to", "cc")]
    return any(
        each in {PUBLIC, "as:Public", "Public"}
        for to in given
        for each in (to if isinstance(to, list) else [to])
        if isinstance(each, str)
    )
