"""Decisions about servers that were made for a time: stewards are told before they end, and when they end.

Told by the noticeboard, which every app shows, and by a mail that names nobody. What happens at the end happens by itself
(`instance.policy.adopt`): the rule is gone, and the server stands like any other that no rule names.
"""

from collections.abc import Sequence
from typing import Any

from babel.dates import format_date
from sqlalchemy import Row, select

from instance.auth.registration import MAIL
from instance.clock import as_datetime
from instance.content import noticeboard
from instance.db.neighbours import peer_about
from instance.db.people import account, login
from instance.db.unit import Unit
from instance.i18n import N_, _, babel_locale, ngettext
from instance.jobs.table import enqueue
from instance.notices.mail import ENDED, ENDS_SOON
from instance.peering import admission
from instance.peering.admission import Trial
from instance.policy.adopt import end_rules
from instance.policy.inforce import in_force_here
from instance.policy.peers import stances
from policies.peers import Stance

MOST = 8
"""How many servers one message names; of the others it says how many there are."""
SOON = N_("What was decided about {host} ends on {day}. {then}")
OVER = N_("What was decided about {host} for a time has ended. {then}")
THEN = {
    Stance.ALLOWED: N_("Without a rule it is let in, as servers are that no rule names."),
    Stance.LIMITED: N_("Without a rule it is let in quietly, as servers are that no rule names."),
    Stance.HELD: N_(
        "Without a rule it waits, as servers do that no rule names: what it sends is held, and nothing goes there."
    ),
    Stance.BLOCKED: N_(
        "Without a rule it is kept out, as servers are that no rule names: nothing is exchanged, and contacts end."
    ),
}


def watch(u: Unit) -> int:
    """End what is over; tell stewards of it and of what ends within two weeks, each once. A timed job."""
    rules = in_force_here(u.connection).peers.items()
    ends = [(host, rule.stance, rule.until) for host, rule in sorted(rules) if rule.until is not None]
    over = [Trial(host, stance, until, soon=True) for host, stance, until in ends if until <= u.now]
    if over:
        end_rules(u)
        _tell(u, OVER, over, ENDED)
    soon = _not_told([one for one in admission.trials(u.connection, u.now) if one.soon], u)
    if soon:
        for one in soon:
            admission.told(u, one.host, one.until)
        _tell(u, SOON, soon, ENDS_SOON)
    return len(over) + len(soon)


def _not_told(soon: Sequence[Trial], u: Unit) -> list[Trial]:
    asked = select(peer_about.c.host, peer_about.c.told_until).where(peer_about.c.host.in_([one.host for one in soon]))
    told = {row.host: row.told_until for row in u.connection.execute(asked)} if soon else {}
    return [one for one in soon if told.get(one.host) != one.until]


def _tell(u: Unit, sentence: str, ends: Sequence[Trial], letter: str) -> None:
    policy = in_force_here(u.connection)
    for one in ends:
        if one.host in policy.peers:
            policy = policy.without_rule(one.host)
    then = stances(u.connection, policy, [one.host for one in ends], u.now)
    for row in _stewards(u):
        noticeboard.tell(u, row.name, row.locale, lambda: _words(u, sentence, ends, then))
        if row.email_confirmed_at is not None:
            enqueue(u, MAIL, {"what": letter, "login_id": row.id})


def _stewards(u: Unit) -> Sequence[Row[Any]]:
    asked = select(login.c.id, login.c.locale, login.c.email_confirmed_at, account.c.name)
    asked = asked.join(account, account.c.id == login.c.account_id).where(account.c.deleted_at.is_(None))
    return list(u.connection.execute(asked.where(login.c.role == "steward", login.c.state == "active")))


def _words(u: Unit, sentence: str, ends: Sequence[Trial], then: dict[str, Stance]) -> str:
    lines = [_(sentence, host=one.host, day=_day(one.until), then=_(THEN[then[one.host]])) for one in ends[:MOST]]
    if len(ends) > MOST:
        lines.append(ngettext("And one server more.", "And {n} servers more.", len(ends) - MOST))
    lines.append(_("You can decide anew: {link}", link=u.site.url("/steward/federation")))
    return "\n".join(lines)


def _day(at: int) -> str:
    return str(format_date(as_datetime(at), format="long", locale=babel_locale()))
