"""What is known of a peer in plain sentences: its level, its policy, agreements, probes; the same for pages and command line."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from instance.agreements import probes, rows, satisfaction, trust
from instance.agreements.agreements import ends_soon
from instance.clock import Millis
from instance.i18n import N_, _, said
from policies.asked import why
from policies.kinds import said_as

LEVELS = {
    "none": N_("Nothing is known of its promises that could be relied on."),
    "claimed": N_("It publishes promises. Nobody has agreed upon them with us, or has looked whether they are kept."),
    "agreed": N_("There is an agreement. Whether it keeps its word has not been looked at lately."),
    "probed": N_("There is an agreement, and from outside it was seen that it keeps its word."),
    "audited": N_("There is an agreement, it passed our probes, and somebody has looked at its house."),
}
FAULTS = {
    "absent": N_("It publishes no policy."),
    "too-large": N_("Its policy is larger than 1 MB; it was not read."),
    "malformed": N_("What it publishes as its policy can't be read."),
    "not-its-own": N_("The policy that it names is not its own."),
    "proof": N_("The proof of its policy does not hold."),
    "critical": N_("Its policy says that a term must be understood which we don't know."),
    "terms": N_("Its policy has terms that we don't understand: {details}."),
    "expired": N_("Its policy has ended, or has not begun."),
    "too-long": N_("Its policy is made to be valid for more than 92 days."),
    "refused": N_("Our policy doesn't let us speak to it."),
    "unreachable": N_("It could not be reached."),
}
STATES = {
    "drafted": N_("An offer is being made; its policy is looked at first."),
    "failed": N_("No offer could be made."),
    "offered": N_("We have offered; its steward has not answered yet."),
    "received": N_("It has offered; a steward here must answer."),
    "accepted": N_("In force until {until}."),
    "rejected": N_("It was rejected."),
    "void": N_("It holds no longer."),
    "ended": N_("It has ended."),
}
REASONS = {
    "peer-policy-changed": N_("Its policy promises something else than when it was agreed upon."),
    "peer-policy": N_("Its policy can't be relied on any more."),
    "our-policy-changed": N_("Our own policy promises something else than when it was agreed upon."),
    "expired": N_("Its time is over."),
    "ended-by-us": N_("We ended it."),
    "ended-by-peer": N_("The other server ended it."),
    "renewed": N_("A newer one has taken its place."),
    "replaced": N_("A newer offer has taken its place."),
    "unreachable": N_("The other server could not be reached."),
    "refused": N_("Our policy, or the other server, did not let it happen."),
    "policy": N_("Its policy can't be relied on."),
    "unsatisfied": N_("It doesn't promise what our policy asks."),
    "suspended-by-peer": N_("The other server says that we don't keep it: {details}"),
}
CHECKS = {
    "unsigned-read": N_("A stranger could read what was for followers only."),
    "media": N_("A stranger could load a picture that is promised to be protected, or that was to be erased."),
    "public-api": N_("Words for followers only were in its public lists."),
    "search": N_("Words for followers only were found by its search."),
    "copy-not-told": N_("It did not say where its copy is kept, as was agreed."),
    "copy-not-shown": N_("It did not show its copy to us, as was agreed."),
    "not-erased": N_("What we deleted was still there after the time that it promises."),
    "no-receipt": N_("It gave no receipt of erasure in the time that it promises."),
    "false-receipt": N_("It gave a receipt of erasure that is not true, or whose proof does not hold."),
    "unreachable": N_("It could not be reached for too long; nothing is known."),
}
CHANGES = {
    "policy": N_("Its policy was looked at."),
    "agreement": N_("An agreement came into force."),
    "probe-passed": N_("It passed a probe."),
    "probe-failed": N_("It failed a probe."),
    "audit": N_("Somebody has looked at its house."),
    "time": N_("Its time is over."),
}
ROUNDS = {
    "planted": N_("A canary is on its way."),
    "deleted": N_("The canary is deleted; we look whether it is erased there."),
    "passed": N_("Passed."),
    "failed": N_("Failed."),
    "unclear": N_("Nothing could be seen."),
}


@dataclass(slots=True)
class Line:
    """A sentence with its moment and, where one can act upon it, the row's id."""

    sentence: str
    at: Millis | None = None
    id: int = 0
    state: str = ""


@dataclass(slots=True)
class Sight:
    """All that is told of one peer."""

    host: str
    level: str
    sentence: str
    since: Millis | None = None
    fault: str = ""
    suspended: str = ""
    waiting_until: Millis | None = None
    audited: str = ""
    agreements: list[Line] = field(default_factory=list)
    asked: list[tuple[str, bool, bool, list[str]]] = field(default_factory=list)
    """(what asks, whether it is ours, whether it is satisfied, why not)."""
    rounds: list[Line] = field(default_factory=list)
    changes: list[Line] = field(default_factory=list)

    @property
    def offer(self) -> int:
        """The id of an offer that waits for a steward here; 0 for none."""
        return next((one.id for one in self.agreements if one.state == rows.RECEIVED), 0)

    @property
    def state(self) -> str:
        """The state of the newest agreement; '' for none."""
        return self.agreements[0].state if self.agreements else ""


def sights(connection: Connection, now: Millis) -> list[Sight]:
    """Every peer of which something is known, those whose offers wait first."""
    found = [sight(connection, host, now, whole=False) for host in rows.hosts(connection)]
    return sorted(found, key=lambda one: (not one.offer, one.host))


def sight(connection: Connection, host: str, now: Millis, *, whole: bool = True) -> Sight:
    """One peer; `whole`: with what is asked, rounds and changes."""
    known = rows.trust_of(connection, host)
    level = str(known.level) if known is not None else "none"
    shown = Sight(host, level, _(LEVELS[level]))
    shown.agreements = [_agreement(row, now) for row in rows.agreements_with(connection, host)[:10]]
    if known is not None:
        shown.since, shown.waiting_until = known.level_since, known.waits_until
        shown.fault = fault(known.fault, known.details) if known.fault else ""
        shown.suspended = _(CHECKS[known.suspended_why]) if known.suspended_why in CHECKS else ""
        if known.audited_by:
            shown.audited = _("{who} looked at its house on {day}.", who=known.audited_by, day=known.audited_on)
    if whole:
        shown.asked = [
            (row.requirement, row.ours, row.ok, [said(why(term)) for term in row.failed or []])
            for row in satisfaction.answers_for(connection, host)
        ]
        shown.rounds = [_round(row) for row in probes.rounds_of(connection, host)]
        shown.changes = [_change(row) for row in trust.changes_of(connection, host)]
    return shown


def fault(code: str, details: Any = ()) -> str:
    """Why a policy can't be relied on."""
    named = ", ".join(str(one) for one in details or ())
    return _(FAULTS[code], details=named) if code in FAULTS else code


def _agreement(row: Any, now: Millis) -> Line:
    day = rows.day(row.valid_until) if row.valid_until else ""
    sentence = _(STATES[row.state], until=day) if row.state == rows.ACCEPTED else _(STATES[row.state])
    reason = _reason(row.reason or "")
    if ends_soon(row, now):
        sentence += " " + _("It ends soon; offer a new one in time.")
    return Line(f"{sentence} {reason}".strip(), row.ended_at or row.answered_at or row.created_at, row.id, row.state)


def _reason(text: str) -> str:
    code, _mark, details = text.partition(":")
    if code == "unsatisfied":
        return " ".join([_(REASONS[code]), *(said(why(term)) for term in details.split(",") if term)])
    if code in {"policy", "peer-policy"} and details:
        return fault(details)
    return _(REASONS[code], details=details) if code in REASONS else ""


def _round(row: Any) -> Line:
    sentence = _(ROUNDS[row.state])
    last = row.steps[-1] if row.steps else None
    found = next((step[0] for step in row.steps or [] if step[1] == "found"), "")
    why_not = row.outcome or found
    if why_not in CHECKS:
        sentence += " " + _(CHECKS[why_not])
    elif last is not None and row.state in probes.RUNNING:
        sentence += " " + _("{n} looks so far.", n=len(row.steps))
    return Line(sentence, row.ended_at or row.started_at, row.id, row.state)


def _change(row: Any) -> Line:
    code, _mark, details = row.reason.partition(":")
    known = _(CHANGES[code]) if code in CHANGES else _reason(row.reason) or fault(code)
    because = f"{known} {_(CHECKS[details])}" if details in CHECKS else known
    sentence = _("From {old} to {new}.", old=said(said_as(row.old)), new=said(said_as(row.new)))
    return Line(f"{sentence} {because if because != code else ''}".strip(), row.at, row.id)
