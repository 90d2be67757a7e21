"""Writes what became of deliveries: marks them, moves the circuits of their peers, and gives the peers back.

All of a round is written in one transaction by a few statements, each for all peers at once: it is asked several times a second,
and on SQLite whoever writes a post waits for it.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, exists, select, update

from federation.outbound import gaps
from federation.outbound.deliveries import Outcome, Turn
from federation.ports import Unit
from federation.schema import delivery, peer
from federation.vocab.times import HOUR

FIRST_PAUSE = 30_000
LONGEST_PAUSE = 6 * HOUR
OWN_PAUSE = 2_000  # for what waits for us: a key that is being made
GROWTH = 1.5
ERROR_LENGTH = 200

Results = Sequence[tuple[Turn, list[Outcome]]]

_CIRCUIT = ("failures", "next_try_at", "down_since", "last_error", "last_delivered_at", "took")
_LOCKED = (
    select(peer.c.host, peer.c.lease, *(peer.c[name] for name in _CIRCUIT))
    .where(peer.c.host.in_(bindparam("hosts", expanding=True)))
    .order_by(peer.c.host)
    .with_for_update()
)
_TRIED = (
    update(delivery)
    .where(delivery.c.id == bindparam("id_"), delivery.c.state == "ready")  # what was taken back meanwhile stays so
    .values(state=bindparam("state_"), status=bindparam("status_"), error=bindparam("error_"))
    .values(done_at=bindparam("done_at_"), tries=delivery.c.tries + 1)
)
_SENT = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .values(state="sent", error=None, status=bindparam("status_"), done_at=bindparam("now"), tries=delivery.c.tries + 1)
)
_RELEASED = (
    update(peer)
    .where(peer.c.host == bindparam("host_"))
    .values({name: bindparam(f"{name}_") for name in _CIRCUIT})
    .values(lease=None, lease_until=None)
    .values(queued=exists().where(delivery.c.host == bindparam("host_"), delivery.c.state == "ready"))
)


def record(u: Unit, results: Results) -> None:
    """Write what came of a round. Who has lost its lease is left to whoever has it now.

    The peers' rows are locked first: whoever queues for them waits until it is known whether something is left.
    """
    rows = {row.host: row for row in u.connection.execute(_LOCKED, {"hosts": [turn.host for turn, _ in results]})}
    _mark(u, [outcome for _, given in results for outcome in given])
    mine = [(turn, given) for turn, given in results if turn.host in rows and rows[turn.host].lease == turn.lease]
    back = [turn.host for turn, given in mine if turn.failures and _answered(given)]
    if back:
        gaps.end(u, back)
    away = [turn.host for turn, given in mine if _failure(given)]
    if away:
        gaps.give_up(u, away)
    if mine:
        u.connection.execute(_RELEASED, [_circuit(u.now, rows[turn.host], turn, given) for turn, given in mine])


def _mark(u: Unit, outcomes: list[Outcome]) -> None:
    sent: dict[int | None, list[int]] = defaultdict(list)
    others: list[dict[str, Any]] = []
    for one in outcomes:
        if one.state == "sent":
            sent[one.status].append(one.id)
            continue
        done_at = u.now if one.state in {"dead", "cancelled"} else None
        values = {"state_": one.state, "status_": one.status, "error_": one.error[:ERROR_LENGTH], "done_at_": done_at}
        others.append({"id_": one.id, **values})
    for status, ids in sent.items():
        u.connection.execute(_SENT, {"ids": ids, "status_": status, "now": u.now})
    if others:
        u.connection.execute(_TRIED, others)


def _failure(given: list[Outcome]) -> Outcome | None:
    return next((outcome for outcome in given if outcome.state == "ready" and not outcome.ours), None)


def _answered(given: list[Outcome]) -> list[Outcome]:
    return [outcome for outcome in given if outcome.state != "ready" and outcome.status is not None]


def _circuit(now: int, row: Row[Any], turn: Turn, given: list[Outcome]) -> dict[str, Any]:
    """What is known of a peer after its turn."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _CIRCUIT}
    failure, answered = _failure(given), _answered(given)
    if failure is not None:
        before = 0 if answered else turn.failures  # failures in a row
        values |= {"failures": before + 1, "last_error": failure.error[:ERROR_LENGTH]}
        values["next_try_at"] = now + (within_bounds(failure.wait) or pause(before))
        values["down_since"] = now if answered or row.down_since is None else row.down_since
    elif answered:
        values |= {"failures": 0, "next_try_at": None, "down_since": None, "last_error": None}
    if failure is None and any(outcome.ours for outcome in given):
        values["next_try_at"] = now + OWN_PAUSE
    if answered:
        values |= {"last_delivered_at": now, "took": max(outcome.took for outcome in answered)}
    return {"host_": turn.host, **{f"{name}_": value for name, value in values.items()}}


def pause(failures: int) -> int:
    """Milliseconds until the next try after so many failures in a row: 30 s x 1.5^n, at most 6 h, spread by a tenth."""
    grown = min(FIRST_PAUSE * GROWTH ** min(failures, 40), LONGEST_PAUSE)
    return int(grown * random.uniform(0.95, 1.05))  # noqa: S311 - spreads tries, guards nothing


def within_bounds(asked: int) -> int:
    """How long to wait where a peer says it itself (Retry-After): as it says, but not under 30 s and not over 6 h."""
    return min(max(asked, FIRST_PAUSE), LONGEST_PAUSE) if asked > 0 else 0
