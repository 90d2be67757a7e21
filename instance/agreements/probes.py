"""Rounds of looking at a peer from outside: a canary is written, looked for, deleted, looked for again, its receipt checked.

A canary holds one random word and a picture of noise. Nobody but the peer's synthetic account is meant to read it.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, insert, select, update

from instance.agreements import canary, rows, trust
from instance.clock import DAY, HOUR, MINUTE, SECOND, Millis
from instance.content.drafts import Draft
from instance.content.posts import delete_post, write
from instance.db.agreements import peer_trust, probe
from instance.db.people import account, follow
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.events import AgreementAnswered
from instance.i18n import N_
from instance.jobs.table import enqueue
from instance.people import accounts

PLANT, STEP = "plant-canary", "look-for-canary"
WEEK = 7 * DAY
TELL_WITHIN = DAY
SETTLE, SETTLE_IN_DEVELOPMENT = 10 * SECOND, 2 * SECOND
"""How long a peer has to fetch the picture before it is looked at."""
AGAIN = HOUR
LONGEST = 4 * DAY
USUAL_ERASURE = 72
PLANTED, DELETED, PASSED, FAILED, UNCLEAR = "planted", "deleted", "passed", "failed", "unclear"
RUNNING = (PLANTED, DELETED)


def begin(u: Unit, host: str, *, by: str) -> int:
    """Begin a round; returns its id. Raises RefusalError where the peer has not consented, or does not read canaries yet."""
    held = rows.in_force(u.connection, host)
    if held is None or not held.probing:
        raise RefusalError("no-consent", N_("There is no agreement with {host} that allows this."), host=host[:60])
    if not _is_read_there(u.connection, host):
        canary.befriend(u, host)
        raise RefusalError(
            "no-reader", N_("The synthetic account of {host} doesn't follow ours yet; try again in a while."), host=host
        )
    running = u.connection.execute(select(probe.c.id).where(probe.c.host == host, probe.c.state.in_(RUNNING))).scalar()
    if running is not None:
        return int(running)
    made = insert(probe).values(host=host, state=PLANTED, steps=[], asked_by=by[:80], started_at=u.now)
    probe_id: int = u.connection.execute(made.returning(probe.c.id)).scalar_one()
    enqueue(u, PLANT, {"probe_id": probe_id}, unique=f"{PLANT}:{probe_id}")
    return probe_id


def begin_due(u: Unit) -> int:
    """Begin the week's round with every peer that consented. A timed job."""
    for held in rows.all_in_force(u.connection):
        last = select(probe.c.id).where(probe.c.host == held.host, probe.c.started_at > u.now - WEEK)
        if held.probing and not u.connection.execute(last.limit(1)).first() and _is_read_there(u.connection, held.host):
            begin(u, held.host, by="weekly")
    return 0


def _is_read_there(connection: Connection, host: str) -> bool:
    ours = canary.account_id(connection)
    there = select(follow.c.id).join(account, account.c.id == follow.c.follower_id)
    there = there.where(follow.c.target_id == ours, follow.c.state == "accepted", account.c.domain == host)
    return ours is not None and connection.execute(select(exists(there))).scalar_one()


def by_id(connection: Connection, probe_id: int) -> Row[Any] | None:
    """One round."""
    return connection.execute(select(probe).where(probe.c.id == probe_id)).first()


def _locked(u: Unit, probe_id: int) -> Row[Any] | None:
    """One round that goes on, kept from others until the transaction ends: two looks at once have one effect."""
    mine = select(probe).where(probe.c.id == probe_id, probe.c.state.in_(RUNNING))
    return u.connection.execute(mine.with_for_update()).first()


def rounds_of(connection: Connection, host: str, limit: int = 10) -> list[Row[Any]]:
    """The newest rounds with a peer."""
    mine = select(probe).where(probe.c.host == host).order_by(probe.c.id.desc()).limit(limit)
    return list(connection.execute(mine))


def plant(u: Unit, probe_id: int, media_id: int) -> None:
    """Write the canary. It goes to the synthetic accounts of peers only, for nobody else follows ours."""
    row = _locked(u, probe_id)
    author = canary.account_id(u.connection)
    if row is None or row.state != PLANTED or row.post_id is not None or author is None:
        return
    word = secrets.token_hex(12)
    draft = Draft(text=f"{word} #{tag_of(probe_id)}", visibility="followers", media_ids=[media_id])
    post_id = write(u, author, draft)
    iri = f"{accounts.by_ids(u.connection, [author])[author].iri}/p/{post_id}"
    sealed = u.site.vault.seal(word.encode(), "probe", "canary_word", probe_id)
    _set(u, probe_id, post_id=post_id, canary_iri=iri, canary_word=sealed, delete_iri=f"{iri}#delete")
    _later(u, probe_id, TELL_WITHIN)


def tag_of(probe_id: int) -> str:
    """The hashtag under which a canary is looked for."""
    return f"canary{probe_id}"


def word_of(vault: Any, row: Row[Any]) -> str:
    """The word that must be found nowhere."""
    return str(vault.open(row.canary_word, "probe", "canary_word", row.id).decode())


def copy_told(u: Unit, host: str, about: str, copy: str) -> None:
    """The peer says where its copy of a canary is. Of what is no canary of ours there nothing is kept."""
    mine = probe.c.canary_iri == about.removesuffix("/activity")
    row = _running(u, host, mine)
    if row is not None and row.state == PLANTED and row.copy_iri is None and copy:
        _set(u, row.id, copy_iri=copy)
        _later(u, row.id, SETTLE_IN_DEVELOPMENT if u.site.settings.development else SETTLE)


def receipt_came(u: Unit, host: str, about: str, document: Mapping[str, Any], *, proven: bool) -> None:
    """A receipt of erasure came; whether it is true is looked at next."""
    row = _running(u, host, probe.c.delete_iri == about)
    if row is None or row.state != DELETED or row.receipt is not None:
        return
    outcome = "held" if proven else "false"
    _set(u, row.id, receipt=rows.text(document), steps=[*row.steps, ["receipt", outcome, ""]])
    _later(u, row.id, SECOND)


def looked(u: Unit, probe_id: int, steps: list[list[str]]) -> None:
    """What a look brought: with a leak the round is over, else it goes on. `steps`: [check, outcome, where]."""
    row = _locked(u, probe_id)
    if row is None:
        return
    kept = [*row.steps, *steps]
    _set(u, probe_id, steps=kept[-100:])
    found = next((step for step in steps if step[1] == "found"), None)
    if found is not None:
        _finish(u, row, FAILED, found[0])
        return
    there = any(step[0] == "copy" and step[1] == "there" for step in steps)
    if row.state == DELETED:
        _after_deletion(u, row, gone=not there)
    elif there:
        _after_first_look(u, row)
    else:
        _finish(u, row, FAILED, "copy-not-shown")


def not_told(u: Unit, probe_id: int) -> None:
    """The peer did not say where its copy is, within the day that it has."""
    row = _locked(u, probe_id)
    if row is not None and row.state == PLANTED and row.copy_iri is None:
        _finish(u, row, FAILED if _arrived(u, row) else UNCLEAR, "copy-not-told")


def not_reached(u: Unit, probe_id: int) -> None:
    """The peer could not be reached: later again, but not for ever."""
    row = _locked(u, probe_id)
    if row is None:
        return
    if u.now > max(row.started_at, row.due_at or 0) + LONGEST:
        _finish(u, row, UNCLEAR, "unreachable")
    else:
        _later(u, probe_id, AGAIN)


def _after_first_look(u: Unit, row: Row[Any]) -> None:
    hours = trust.promised(u.connection, row.host).erasure_within
    due = u.now + (hours if hours is not None else USUAL_ERASURE) * HOUR
    _set(u, row.id, state=DELETED, deleted_at=u.now, due_at=due)
    delete_post(u, row.post_id)
    enqueue(u, STEP, {"probe_id": row.id}, run_at=due + MINUTE, unique=f"{STEP}:{row.id}:end")


def _after_deletion(u: Unit, row: Row[Any], *, gone: bool) -> None:
    receipt = next((step[1] for step in reversed(row.steps) if step[0] == "receipt"), None)
    over = u.now >= (row.due_at or 0)
    if receipt == "false" or (receipt == "held" and not gone):
        _finish(u, row, FAILED, "false-receipt")
    elif not gone and over:
        _finish(u, row, FAILED, "not-erased")
    elif receipt is None and over:
        _finish(u, row, FAILED, "no-receipt")
    elif receipt == "held" and gone:
        _finish(u, row, PASSED, "")


def _finish(u: Unit, row: Row[Any], state: str, why: str) -> None:
    """The round is over; a peer that failed is suspended, one that passes is so no longer."""
    _set(u, row.id, state=state, outcome=why or None, ended_at=u.now, due_at=None, canary_word=None)
    if row.post_id is not None and row.state == PLANTED:
        delete_post(u, row.post_id)
    held = rows.in_force(u.connection, row.host)
    mine = update(peer_trust).where(peer_trust.c.host == row.host)
    if state == FAILED:
        u.connection.execute(mine.values(suspended_at=u.now, suspended_why=why, audited_by=None, audited_on=None))
        trust.find_level(u, row.host, f"probe-failed:{why}")
        if held is not None:
            u.record(AgreementAnswered(held.id, "suspend"))
    elif state == PASSED:
        was = u.connection.execute(select(peer_trust.c.suspended_at).where(peer_trust.c.host == row.host)).scalar()
        u.connection.execute(mine.values(suspended_at=None, suspended_why=None))
        trust.find_level(u, row.host, "probe-passed")
        if held is not None and was is not None:
            u.record(AgreementAnswered(held.id, "mend"))


def _arrived(u: Unit, row: Row[Any]) -> bool:
    """Whether the canary was delivered to this peer, as far as we know."""
    return trust.was_sent(u.connection, f"{row.canary_iri}/activity", row.host)


def _running(u: Unit, host: str, which: ColumnElement[bool]) -> Row[Any] | None:
    mine = select(probe).where(probe.c.host == host, probe.c.state.in_(RUNNING), which)
    return u.connection.execute(mine.with_for_update()).first()


def _later(u: Unit, probe_id: int, pause: Millis) -> None:
    enqueue(u, STEP, {"probe_id": probe_id}, run_at=u.now + pause)


def _set(u: Unit, probe_id: int, **values: Any) -> None:
    u.connection.execute(update(probe).where(probe.c.id == probe_id).values(**values))
