"""Agreements with peers: offered, received, accepted, rejected, ended. A human steward says each yes; both proofs are kept."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, or_, select, update

from federation.errors import UnbelievableError
from federation.remote.policies import FoundPolicy
from federation.vocab.agreements import LONGEST, Acceptance, Terms, offer, read_offer
from federation.vocab.iris import host_of
from instance.agreements import canary, rows, signing, trust
from instance.clock import DAY, Millis
from instance.db.agreements import agreement, peer_trust
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import AgreementAnswered, AgreementOffered
from instance.i18n import N_
from instance.jobs.table import enqueue
from instance.policy.inforce import in_force_here
from policies.peers import Stance, clean_host, stance
from policies.purposes import Assurance
from policies.requirement import satisfies

OFFER = "offer-agreement"
USUAL_DAYS, MOST_DAYS = 60, 92
MOST_WAITING = 200
"""Offers of others that wait for an answer; of servers that a rule names there may be more."""


def draft(u: Unit, host: str, *, by: str, days: int = USUAL_DAYS, probing: bool = True) -> int:
    """Offer an agreement to a peer: its policy is looked at first, in a job, which then sends the offer. Returns its id.

    Raises RefusalError where the policy in force does not let us speak to that server, or an offer waits already.
    """
    name = clean_host(host)
    if name is None or name == u.site.domain:
        raise RefusalError(
            "no-peer", N_("'{host}' is no other server; write its name as in peer.example."), host=host[:60]
        )
    if stance(in_force_here(u.connection), name, u.now) not in {Stance.ALLOWED, Stance.LIMITED}:
        raise RefusalError(
            "peer-not-allowed", N_("The policy doesn't let us write to {host}; change its stance first."), host=name
        )
    if not 1 <= days <= MOST_DAYS:
        raise RefusalError("days-invalid", N_("An agreement lasts from 1 to {most} days."), most=MOST_DAYS)
    if any(row.state in {rows.DRAFTED, rows.OFFERED} for row in rows.agreements_with(u.connection, name)):
        raise RefusalError("offer-waits", N_("An offer to {host} waits for its answer already."), host=name)
    values = {"host": name, "ours": True, "state": rows.DRAFTED, "probing": probing, "decided_by": by[:80]}
    made = insert(agreement).values(**values, valid_until=u.now + days * DAY, created_at=u.now)
    agreement_id: int = u.connection.execute(made.returning(agreement.c.id)).scalar_one()
    enqueue(u, OFFER, {"agreement_id": agreement_id}, unique=f"{OFFER}:{agreement_id}")
    return agreement_id


def failed(u: Unit, agreement_id: int, reason: str) -> None:
    """A drafted offer could not be made."""
    _set(u, agreement_id, state=rows.FAILED, reason=reason[:200], ended_at=u.now)


def make_offer(u: Unit, agreement_id: int, found: FoundPolicy) -> None:
    """Make the offer out of a draft, now that the peer's policy was looked at."""
    row = rows.by_id(u.connection, agreement_id)
    if row is None or row.state != rows.DRAFTED:
        return
    trust.keep(u, row.host, found)
    if found.fault:
        failed(u, agreement_id, f"policy:{found.fault}")
        return
    asked = in_force_here(u.connection).requirement
    answer = satisfies(found.published, asked, now=u.now, assurance=Assurance.AUDITED)
    if not answer.ok:
        failed(u, agreement_id, f"unsatisfied:{','.join(answer.failed)}")
        return
    base = u.site.base_url
    iri = f"{base}/agreements/{row.host}/{row.id}"
    digest = rows.own_digest(u.connection, u.site)
    terms = Terms(
        iri=iri,
        offer=f"{iri}/offer",
        assigner=signing.application(u.site),
        assignee=found.actor,
        policy=found.iri,
        policy_digest=found.published.digest,
        requires=f"{base}/policy",
        valid_until=row.valid_until,
        assigner_policy=f"{base}/policy",
        assigner_digest=digest,
        probes=row.probing,
        canary=canary.account_iri(u) if row.probing else "",
    )
    made = signing.proven(u.connection, u.site, offer(terms), u.now)
    named = {"iri": iri, "offer_iri": terms.offer, "peer_actor": found.actor, "requires": terms.requires}
    bound = {"our_digest": digest, "peer_digest": found.published.digest}
    _set(u, agreement_id, state=rows.OFFERED, offer=rows.text(made), **named, **bound)
    u.record(AgreementOffered(agreement_id))


def receive(u: Unit, document: Mapping[str, Any], found: FoundPolicy) -> None:
    """An Offer came, its proof checked, the offering side's policy looked at. It waits for a steward.

    Raises UnbelievableError for what is not ours to answer, does not hold, or is bound to other terms than ours.
    """
    terms = read_offer(document)
    host = host_of(terms.assigner)
    if terms.assignee != signing.application(u.site) or terms.policy != u.site.url("/policy"):
        raise UnbelievableError("the offer is for somebody else")
    if found.fault or found.actor != terms.assigner:
        raise UnbelievableError("who offers publishes no policy that can be relied on")
    if not u.now < terms.valid_until <= u.now + LONGEST + DAY:
        raise UnbelievableError("the offer ends too early or too late")
    digest = rows.own_digest(u.connection, u.site)
    if terms.policy_digest.lower() not in {digest, *signing.served_digests(u.connection, u.site, u.now)}:
        raise UnbelievableError("the offer is bound to other terms than ours")
    if terms.assigner_digest and terms.assigner_digest != found.published.digest:
        raise UnbelievableError("the offer is bound to other terms than its own")
    if rows.by_offer(u.connection, terms.offer) is not None or rows.by_iri(u.connection, terms.iri) is not None:
        return  # a replay, or an offer that was answered
    _make_room(u, host)
    trust.keep(u, host, found)
    values = {
        "host": host,
        "ours": False,
        "state": rows.RECEIVED,
        "iri": terms.iri,
        "offer_iri": terms.offer,
        "peer_actor": terms.assigner,
        "our_digest": digest,
        "peer_digest": found.published.digest,
        "requires": terms.requires or None,
        "probing": terms.probes and bool(terms.canary),
        "canary": terms.canary or None,
        "offer": rows.text(document),
        "valid_until": terms.valid_until,
        "created_at": u.now,
    }
    u.connection.execute(insert(agreement).values(**values))


def _make_room(u: Unit, host: str) -> None:
    """Who offers without end fills no table: of what no steward has answered, a peer's newest is kept, until its end.

    Raises UnbelievableError where so many strangers have offered that nobody could look at one more.
    """
    unanswered = and_(agreement.c.ours.is_(False), agreement.c.decided_by.is_(None))
    done = or_(agreement.c.host == host, agreement.c.valid_until <= u.now)
    u.connection.execute(delete(agreement).where(unanswered, done))
    waiting = select(func.count()).select_from(agreement).where(unanswered)
    if host not in in_force_here(u.connection).peers and u.connection.execute(waiting).scalar_one() >= MOST_WAITING:
        raise UnbelievableError("too many offers wait for an answer")


def accept(u: Unit, agreement_id: int, *, by: str, probing: bool = True) -> None:
    """A steward says yes to an offer that came. Raises NotFoundError, RefusalError where it can't be accepted any more."""
    row = _waiting(u, agreement_id)
    known = rows.trust_of(u.connection, row.host)
    if known is None or known.fault is not None or known.digest != row.peer_digest:
        raise RefusalError(
            "offer-outdated", N_("{host} has changed its policy since; it must offer anew."), host=row.host
        )
    if rows.own_digest(u.connection, u.site) != row.our_digest:
        raise RefusalError("offer-outdated", N_("Our policy has changed since; {host} must offer anew."), host=row.host)
    if row.valid_until <= u.now:
        raise RefusalError("offer-over", N_("The offer's time is over."))
    _take_into_force(u, row, by=by[:80], probing=row.probing and probing)
    u.record(AgreementAnswered(agreement_id, "accept"))


def reject(u: Unit, agreement_id: int, *, by: str) -> None:
    """A steward says no to an offer that came. Raises NotFoundError."""
    row = _waiting(u, agreement_id)
    _set(u, row.id, state=rows.REJECTED, decided_by=by[:80], answered_at=u.now, ended_at=u.now)
    u.record(AgreementAnswered(agreement_id, "reject"))


def end(u: Unit, host: str, *, by: str) -> None:
    """A steward ends the agreement with a peer, or takes back an offer. What needed it does not wait. Raises RefusalError."""
    states = {rows.ACCEPTED, rows.OFFERED, rows.DRAFTED}
    row = next((row for row in rows.agreements_with(u.connection, host) if row.state in states), None)
    if row is None:
        raise RefusalError("no-agreement", N_("There is no agreement with {host}."), status=404, host=host[:60])
    held = row.state == rows.ACCEPTED
    told = row.state != rows.DRAFTED
    _set(u, row.id, state=rows.ENDED, reason="ended-by-us", decided_by=by[:80], ended_at=u.now)
    if held:
        trust.find_level(u, row.host, "ended-by-us")
    if told:
        u.record(AgreementAnswered(row.id, "end"))


def accepted_by_peer(u: Unit, document: Mapping[str, Any], given: Acceptance, found: FoundPolicy) -> None:
    """The peer accepts our offer, its proof checked, its policy looked at. A second time has no effect.

    Raises UnbelievableError for whoever was not asked, and for what is bound to other terms.
    """
    row = rows.by_offer(u.connection, given.offer)
    if row is None or not row.ours or row.peer_actor != given.actor:
        raise UnbelievableError("that offer was not made to whom accepts it")
    if row.state != rows.OFFERED:
        return
    if row.valid_until <= u.now:
        raise UnbelievableError("the offer's time is over")
    if given.agreement and given.agreement != row.iri:
        raise UnbelievableError("another agreement was offered")
    digest = rows.own_digest(u.connection, u.site)
    theirs = given.policy_digest.lower()
    if digest != row.our_digest or (
        theirs and theirs not in {digest, *signing.served_digests(u.connection, u.site, u.now)}
    ):
        raise UnbelievableError("the answer is bound to other terms than ours")
    if found.fault or found.actor != row.peer_actor or found.published.digest != row.peer_digest:
        trust.keep(u, row.host, found)
        raise UnbelievableError("the peer's policy is another than was offered for")
    probing = row.probing and bool(given.canary)
    _set(u, row.id, answer=rows.text(document), canary=given.canary or None)
    _take_into_force(u, row, by=row.decided_by or "", probing=probing, found=found)


def turned_down(u: Unit, offer_iri: str, actor: str, reason: str, *, taken_back: bool) -> None:
    """The peer says no to our offer, takes its own back, or ends what was agreed. Whoever has no part in it changes nothing."""
    row = rows.by_offer(u.connection, offer_iri)
    if row is None or row.peer_actor != actor or row.ours == taken_back:
        raise UnbelievableError("that is no agreement of theirs")
    if row.state in {rows.OFFERED, rows.RECEIVED}:
        state = rows.ENDED if taken_back else rows.REJECTED
        code = reason.partition(":")[0][:80]  # what stands after a colon would be shown as if we said it
        _set(u, row.id, state=state, reason=code or None, answered_at=u.now, ended_at=u.now)
    elif row.state == rows.ACCEPTED:
        trust.void(u, row, "ended-by-peer", rows.ENDED)
        trust.find_level(u, row.host, "ended-by-peer")


def suspended_by_peer(u: Unit, offer_iri: str, actor: str, why: str) -> None:
    """The peer found, from outside, that we don't keep what was agreed ('' : it finds so no longer)."""
    row = rows.by_offer(u.connection, offer_iri)
    if row is None or row.peer_actor != actor:
        raise UnbelievableError("that is no agreement of theirs")
    if row.state == rows.ACCEPTED:
        _set(u, row.id, reason=f"suspended-by-peer:{why}"[:200] if why else None)


def _take_into_force(u: Unit, row: Row[Any], *, by: str, probing: bool, found: FoundPolicy | None = None) -> None:
    """One agreement with a peer holds at a time: an older one is renewed by it."""
    older = update(agreement).where(agreement.c.host == row.host, agreement.c.state == rows.ACCEPTED)
    u.connection.execute(older.values(state=rows.ENDED, reason="renewed", ended_at=u.now))
    _set(u, row.id, state=rows.ACCEPTED, decided_by=by, probing=probing, answered_at=u.now, reason=None)
    if found is not None:
        trust.keep(u, row.host, found, "agreement")
    else:
        trust.find_level(u, row.host, "agreement")
    if probing:
        canary.befriend(u, row.host)


def audit(u: Unit, host: str, who: str, on: Any) -> None:
    """A named human has looked at a peer's house on a day; counts on top of a probe that passed. Raises RefusalError."""
    if rows.in_force(u.connection, host) is None:
        raise RefusalError("no-agreement", N_("There is no agreement with {host}."), status=404, host=host[:60])
    if not who.strip():
        raise RefusalError("who-wanted", N_("Say who has looked."))
    values = {"audited_by": who.strip()[:200], "audited_on": on}
    u.connection.execute(update(peer_trust).where(peer_trust.c.host == host).values(**values))
    trust.find_level(u, host, "audit")


def on_policy_adopted(u: Unit, _event: Any) -> None:
    """Our own promises may be others now: what was bound to the old ones is void."""
    digest = rows.own_digest(u.connection, u.site)
    for row in rows.all_in_force(u.connection):
        if row.our_digest != digest:
            trust.void(u, row, "our-policy-changed")
            trust.find_level(u, row.host, "our-policy-changed")
    trust.want_where_asked(u)


def _waiting(u: Unit, agreement_id: int) -> Row[Any]:
    row = rows.by_id(u.connection, agreement_id)
    if row is None or row.state != rows.RECEIVED:
        raise NotFoundError
    return row


def _set(u: Unit, agreement_id: int, **values: Any) -> None:
    u.connection.execute(update(agreement).where(agreement.c.id == agreement_id).values(**values))


def ends_soon(row: Row[Any], now: Millis) -> bool:
    """Whether an agreement that holds is to be renewed: it ends within a week."""
    return bool(row.state == rows.ACCEPTED and row.valid_until < now + 7 * DAY)
