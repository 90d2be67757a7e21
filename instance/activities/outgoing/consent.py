"""What is asked of authors elsewhere, and what ours answer: requests, Accept, Reject, and Delete of a yes taken back."""

from typing import Any

from sqlalchemy import Row

from federation.vocab import build
from federation.vocab.interaction import REQUESTS
from instance.activities.documents import notes
from instance.activities.outgoing.posts import tell_changed
from instance.activities.outgoing.sending import remote_followers, send
from instance.content import interactions
from instance.db.unit import Unit
from instance.events import (
    InteractionAccepted,
    InteractionAsked,
    InteractionRejected,
    InteractionRevoked,
    PostPolicyChanged,
    QuoteAnswered,
)
from instance.ids import slug
from instance.people import accounts
from instance.policy.judge import facts_of

REQUEST_OF = {kind: name for name, kind in REQUESTS.items()}


def on_asked(u: Unit, event: InteractionAsked) -> None:
    """A reply, boost or quote of ours that waits: to the author of the post alone."""
    row = interactions.by_id(u.connection, event.interaction_id)
    found = accounts.by_ids(u.connection, [row.account_id, row.target_id]) if row is not None else {}
    if row is None or found[row.account_id].domain or not found[row.target_id].domain:
        return
    about = notes.by_id(u.connection, row.by_post_id) if row.by_post_id is not None else None
    if about is None:
        return
    author, target = found[row.account_id], found[row.target_id]
    made = _request(u, row, about, (author, target))
    if made is not None:
        boosted = notes.by_id(u.connection, about.boost_of_id) if about.boost_of_id else None
        authors = (about.account_id, boosted.account_id if boosted is not None else None)
        facts = facts_of(about.visibility, local_only=about.local_only, authors=authors)
        send(u, made, actor=author.iri, recipients=[target.iri], facts=facts)


def _request(u: Unit, row: Row[Any], about: Row[Any], between: tuple[Row[Any], Row[Any]]) -> dict[str, Any] | None:
    author, target = between
    if row.kind == "boost":
        boosted = notes.by_id(u.connection, row.post_id)
        return notes.boost(about, author, boosted, target) if boosted is not None else None
    composed = notes.compose(u.connection, u.site, about)
    if composed is None:
        return None
    if row.kind == "reply":
        return build.wrapping(composed.document, "Create", f"{about.iri}/activity")
    terms = {"instrument": composed.document, "to": [target.iri]}
    return build.activity("QuoteRequest", row.request_iri, author.iri, row.target_iri, **terms)


def on_accepted(u: Unit, event: InteractionAccepted) -> None:
    """Ours said yes to somebody elsewhere: Accept, with the address of the authorization."""
    row = interactions.by_id(u.connection, event.interaction_id)
    if row is None or row.target_id is None:
        return
    found = accounts.by_ids(u.connection, [row.account_id, row.target_id])
    asker, owner = found[row.account_id], found[row.target_id]
    if not asker.domain or owner.domain:
        return
    about = _asked(row.kind, row.iri, row.request_iri, (asker.iri, row.target_iri))
    terms = {"to": [asker.iri], "target": row.target_iri, "result": row.approval_iri, "published": u.now}
    made = build.activity("Accept", f"{row.approval_iri}#accept", owner.iri, about, **terms)
    send(u, made, actor=owner.iri, recipients=[asker.iri])


def on_rejected(u: Unit, event: InteractionRejected) -> None:
    """Ours said no: Reject."""
    target = notes.by_id(u.connection, event.post_id)
    asker = accounts.by_id(u.connection, event.account_id)
    owner = accounts.by_id(u.connection, target.account_id) if target is not None else None
    if target is None or asker is None or owner is None or not asker.domain or owner.domain:
        return
    about = _asked(event.kind, event.iri, event.request_iri, (asker.iri, target.iri))
    terms = {"to": [asker.iri], "target": target.iri, "published": u.now}
    made = build.activity("Reject", f"{owner.iri}#rejects/{slug()}", owner.iri, about, **terms)
    send(u, made, actor=owner.iri, recipients=[asker.iri])


def _asked(kind: str, iri: str, request_iri: str | None, between: tuple[str, str]) -> dict[str, Any] | str:
    """What an answer is about: the request, where there was one, else the interaction itself."""
    if not request_iri:
        return iri
    asker, target = between
    request = {"id": request_iri, "type": REQUEST_OF[kind], "actor": asker}
    return request | {"object": target, "instrument": iri}


def on_revoked(u: Unit, event: InteractionRevoked) -> None:
    """A yes is taken back: whoever had it, and those who follow its author, are told that it holds no more."""
    row = interactions.by_id(u.connection, event.interaction_id)
    owner = accounts.by_id(u.connection, row.target_id) if row is not None and row.target_id else None
    asker = accounts.by_id(u.connection, row.account_id) if row is not None else None
    if row is None or owner is None or asker is None or owner.domain:
        return
    terms = {"to": [asker.iri], "cc": [notes.followers_of(owner)], "published": u.now}
    made = build.activity("Delete", f"{event.approval_iri}#delete", owner.iri, event.approval_iri, **terms)
    to = [asker.iri, *remote_followers(u.connection, owner.id)]
    send(u, made, actor=owner.iri, recipients=to, once_per_host=True)


def on_quote_answered(u: Unit, event: QuoteAnswered) -> None:
    """A post of ours may show what it quotes, or may no more: those who know it get it anew."""
    tell_changed(u, event.post_id)


def on_policy_changed(u: Unit, event: PostPolicyChanged) -> None:
    """Other servers are told who may do what with a post now."""
    tell_changed(u, event.post_id)
