"""Agreements told to peers: offers, answers, ends; changes of our policy; receipts; the jobs that look and send."""

from typing import Any

from sqlalchemy import select, update

from federation.context import Federation
from federation.errors import FederationError
from federation.remote.policies import policy_of
from federation.vocab import agreements as wire
from federation.vocab import build
from instance.activities.arriving.gathering import profile
from instance.activities.outgoing.sending import send
from instance.agreements import agreements, canary, rows, signing, trust
from instance.agreements.sentences import CHECKS
from instance.db.agreements import agreement, peer_trust
from instance.db.system import fact
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.events import AgreementAnswered, AgreementOffered, PolicyAdopted
from instance.ids import slug
from instance.jobs.local import Effect
from instance.jobs.table import Job
from instance.people import follows, remote

TOLD = "told-terms"


async def offer_job(federation: Federation, job: Job) -> Effect:
    """Job `offer-agreement`: look at the peer's policy, then offer."""
    agreement_id = int(job.payload["agreement_id"])
    row = await federation.store.read(rows.by_id, agreement_id)
    if row is None:
        return lambda u: None
    try:
        known = await federation.store.read(rows.application_of, row.host)
        found = await policy_of(federation, row.host, known)
    except FederationError as error:
        why = "unreachable" if error.retry else "refused"
        return lambda u: agreements.failed(u, agreement_id, why)
    return lambda u: agreements.make_offer(u, agreement_id, found)


def on_offered(u: Unit, event: AgreementOffered) -> None:
    """Send an offer that is made and proven."""
    row = rows.by_id(u.connection, event.agreement_id)
    if row is not None and row.offer:
        _send(u, rows.document(row.offer), row.peer_actor)


def on_answered(u: Unit, event: AgreementAnswered) -> None:
    """Tell the peer: yes, no, no longer; that it failed a probe, or that this is mended."""
    row = rows.by_id(u.connection, event.agreement_id)
    if row is None or row.offer_iri is None or row.peer_actor is None:
        return
    us, to = signing.application(u.site), row.peer_actor
    name = f"{u.site.base_url}/agreements/{row.host}/{row.id}/{event.answer}"
    match event.answer:
        case "accept":
            kept = canary.account_iri(u) if row.probing else ""
            given = wire.Acceptance(
                id=name, actor=us, offer=row.offer_iri, agreement=row.iri, policy_digest=row.peer_digest, canary=kept
            )
            made = signing.proven(u.connection, u.site, wire.accept(given, to), u.now)
            mine = update(agreement).where(agreement.c.id == row.id)
            u.connection.execute(mine.values(answer=rows.text(made)))
        case "end" if row.ours:
            made = wire.take_back(name, us, row.offer_iri, to, "ended")
        case "end" | "reject":
            made = wire.reject(name, us, row.offer_iri, to, "ended" if event.answer == "end" else "refused")
        case "suspend":
            known = rows.trust_of(u.connection, row.host)
            why = CHECKS.get(known.suspended_why or "", "") if known is not None else ""
            made = wire.suspension(f"{name}/{u.now}", us, row.offer_iri, to, why)
        case _:
            made = wire.mended(f"{name}/{u.now}", f"{name}/suspended", us, row.offer_iri, to)
    _send(u, made, to)


def on_policy_adopted(u: Unit, _event: PolicyAdopted) -> None:
    """Our promises are others now: tell the servers that know our policy, so that they look at it."""
    digest = rows.own_digest(u.connection, u.site)
    told = u.connection.execute(select(fact.c.value).where(fact.c.name == TOLD)).scalar()
    if told == digest:
        return
    if not insert_new(u.connection, fact, name=TOLD, value=digest):
        u.connection.execute(update(fact).where(fact.c.name == TOLD).values(value=digest))
    mine = select(peer_trust.c.actor).where(peer_trust.c.actor.is_not(None), peer_trust.c.level != "none")
    actors = list(u.connection.execute(mine).scalars())
    if actors and told is not None:
        us = signing.application(u.site)
        made = build.activity("Update", f"{us}#updates/{u.now}", us, u.site.url("/policy"), to=actors)
        send(u, made, actor=us, recipients=actors)


async def befriend_job(federation: Federation, job: Job) -> Effect | None:
    """Job `befriend-canary`: our synthetic account follows the peer's, so that canaries for followers come here."""
    host = str(job.payload["host"])
    held = await federation.store.read(rows.in_force, host)
    if held is None or not held.canary:
        return None
    found = await profile(federation, held.canary)

    def effect(u: Unit) -> None:
        theirs = remote.learn(u, found)
        mine = canary.account_id(u.connection)
        if mine is None or rows.in_force(u.connection, host) is None:
            return
        try:
            follows.request(u, mine, theirs)
        except RefusalError:
            trust.not_reached(u, host)

    return effect


def receipt(u: Unit, delete_iri: str, to: str) -> None:
    """Say, with a proof, that what a Delete asked for is done."""
    us = signing.application(u.site)
    made = wire.receipt(f"{u.site.base_url}/receipts/{slug()}", us, delete_iri, to, u.now)
    _send(u, signing.proven(u.connection, u.site, made, u.now), to)


def copy_told(u: Unit, about: str, to: str, host: str, post_id: int) -> None:
    """Tell a peer where its canary's copy is kept."""
    us = signing.application(u.site)
    where = f"{u.site.base_url}/agreements/{host}/copies/{post_id}"
    _send(u, wire.copy_told(f"{u.site.base_url}/receipts/{slug()}", us, about, to, where), to)


def _send(u: Unit, made: dict[str, Any], to: str) -> None:
    send(u, made, actor=signing.application(u.site), recipients=[to])
