"""Why was this taken in, held, turned away, sent or not sent? One answer for each thing that is known, with its code."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from federation.ledger import TOO_MUCH, digest_of
from federation.outbound import letters
from federation.outbound.letters import Letter
from federation.schema import inbox_activity, outbox_item, peer, refusal
from instance.clock import Millis
from instance.db.content import post
from instance.i18n import N_, _
from instance.peering.overview import too_much
from instance.peering.words import sentences
from instance.people import accounts
from instance.policy.inforce import in_force_here
from instance.policy.peers import stances
from instance.site import Site
from policies.peers import Stance, clean_host

MOST = 200
IN, OUT, HERE = "in", "out", "here"
ARRIVED = {
    "done": ("accepted", N_("It came and was done.")),
    "ignored": ("refused", N_("It came and was not done. {why}")),
    "held": ("held", N_("It came and waits for a steward. {why}")),
    "dead": ("put-aside", N_("It came, could not be done in five tries, and was put aside. {why}")),
}
SENT = {
    "sent": ("delivered", N_("{host} took it ({status}).")),
    "dead": ("not-delivered", N_("{host} did not get it. {why}")),
    "cancelled": ("not-sent", N_("It was not sent to {host}. {why}")),
    "waits": ("kept-back", N_("It is kept back from {host}. {why}")),
}
WAITS = N_("It waits for its turn to be sent to {host}.")


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that is known. `code` and `reasons` are stable; times in milliseconds."""

    direction: str
    code: str
    host: str
    kind: str
    sentence: str
    at: int | None = None
    reasons: str = ""
    again_at: int | None = None
    """When it is tried again."""
    status: int | None = None
    number: int | None = None
    """How often."""
    since: int | None = None

    @property
    def words(self) -> str:
        """The same for people, in their language."""
        return _(
            self.sentence, host=self.host, status=self.status, number=self.number, why=sentences(self.reasons)
        ).strip()


def explain(connection: Connection, site: Site, asked: str) -> list[Answer]:
    """All that is known of a post or activity, by its address; of a server, by its name. Never empty."""
    asked = asked.strip()
    if not asked:
        return [_nothing(site, asked)]
    host = clean_host(asked) if "://" not in asked else None
    if host is not None:
        return [_of_server(connection, host, site.clock.now()), *_too_much(connection, host)]
    row = connection.execute(select(post).where(or_(post.c.iri == asked, post.c.url == asked)).limit(1)).first()
    iri = str(row.iri) if row is not None else asked
    found = [*_came(connection, iri), *_was_refused(connection, iri), *_stands(connection, row)]
    if iri.startswith(site.base_url + "/"):
        found += _went(connection, iri, row)
    return found or [_nothing(site, asked)]


def _of_server(connection: Connection, host: str, now: Millis) -> Answer:
    policy = in_force_here(connection).at(now)
    found = stances(connection, policy, [host], now)[host]
    code = {Stance.ALLOWED: "peer-allowed", Stance.LIMITED: "peer-limited", Stance.HELD: "peer-held"}
    reason = code.get(found, "peer-blocked")
    return Answer(HERE, reason, host, "", "{why}", reasons=reason)


def _too_much(connection: Connection, host: str) -> Iterator[Answer]:
    words = N_("It was asked {number} times to come later, for it sent too much.")
    for found in too_much(connection, [host]).values():
        many = {"number": found.number, "since": found.first_at}
        yield Answer(IN, "sends-too-much", host, "", words, found.last_at, TOO_MUCH, **many)


def _came(connection: Connection, iri: str) -> Iterator[Answer]:
    key, table = digest_of(iri), inbox_activity.c
    mine = or_(table.activity_key == key, table.about == key)
    for row in connection.execute(select(inbox_activity).where(mine).order_by(table.id).limit(MOST)):
        code, words = ARRIVED.get(row.state, ("waiting", N_("It came and is to be done. {why}")))
        again = row.next_try_at if code == "waiting" else None
        yield Answer(IN, code, row.host, row.kind, words, row.done_at or row.received_at, row.reason or "", again)


def _was_refused(connection: Connection, iri: str) -> Iterator[Answer]:
    key = digest_of(iri)
    mine = or_(refusal.c.activity_key == key, refusal.c.about == key)
    words = N_("It was turned away at the door. {why}")
    for row in connection.execute(select(refusal).where(mine).order_by(refusal.c.id).limit(MOST)):
        yield Answer(IN, "turned-away", row.host, row.kind, words, row.refused_at, row.reason)


def _stands(connection: Connection, row: Row[Any] | None) -> Iterator[Answer]:
    if row is None:
        return
    author = accounts.by_id(connection, row.account_id)
    host = author.domain if author is not None else ""
    if row.deleted_at is not None:
        yield Answer(HERE, "deleted", host, "", N_("The post was here and is deleted."), row.deleted_at)
    elif row.local_only:
        yield Answer(HERE, "local-only", host, "", "{why}", row.created_at, "local-only")
    else:
        yield Answer(HERE, "stored", host, "", N_("The post is here."), row.created_at)


def _went(connection: Connection, iri: str, row: Row[Any] | None) -> Iterator[Answer]:
    items = connection.execute(select(outbox_item.c.id).where(_activities(connection, iri, row)).limit(MOST)).scalars()
    sent = letters.of_item(connection, list(items))
    if not sent and row is not None and row.deleted_at is None and not row.local_only:
        words = N_("Nobody on another server was to get it, or that is 30 days ago.")
        yield Answer(OUT, "nobody-elsewhere", "", "", words)
    hosts = {letter.host for letter in sent}
    rows: Any = connection.execute(select(peer).where(peer.c.host.in_(hosts)))
    known: dict[str, Row[Any]] = {found.host: found for found in rows}
    for letter in sorted(sent, key=lambda one: (one.host, one.id)):
        yield _delivery(letter, known.get(letter.host))


def _activities(connection: Connection, iri: str, row: Row[Any] | None) -> ColumnElement[bool]:
    """Of one activity that it names itself, or of all activities of ours about a post (Create, Update, Delete, Announce)."""
    activity = outbox_item.c.activity
    if row is None:
        return activity == iri
    boosts = connection.execute(select(post.c.iri).where(post.c.boost_of_id == row.id).limit(MOST)).scalars()
    named = [iri, f"{iri}/activity", *boosts]
    return or_(activity.in_(named), activity.startswith(f"{iri}#", autoescape=True))


def _delivery(letter: Letter, there: Row[Any] | None) -> Answer:
    if letter.state == "ready":
        code, away = "waiting", there is not None and there.failures > 0
        words = N_("{host} is away; it gets this when it is back. {why}") if away else WAITS
        again = there.next_try_at if there is not None else None
    else:
        (code, words), again = SENT[letter.state], None
    at, status = letter.done_at or letter.created_at, letter.status
    return Answer(OUT, code, letter.host, letter.kind, words, at, letter.error or "", again, status)


def _nothing(site: Site, asked: str) -> Answer:
    ours = N_("Nothing is known of this address. Perhaps nothing of it ever left, or that is more than 30 days ago.")
    theirs = N_(
        "Nothing is known of this address. It never came, or its signature did not hold, or that is more than 30 days ago."
    )
    return Answer(HERE, "nothing-known", "", "", ours if asked.startswith(site.base_url + "/") else theirs)
