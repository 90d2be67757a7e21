"""Relations between members here and elsewhere, told to the other server: Follow, Accept, Reject, Undo, Block, Update, Delete."""

from typing import Any

from federation.outbound import taking_back
from federation.vocab import build
from federation.vocab.iris import PUBLIC
from federation.vocab.terms import CONTEXT
from federation.vocab.types import Activity
from instance.activities.documents import actors
from instance.activities.outgoing.reach import knew
from instance.activities.outgoing.sending import pair, remote_followers, send
from instance.db.unit import Unit
from instance.events import (
    AccountDeleted,
    AccountMoved,
    AccountSuspended,
    AccountUpdated,
    BlockEnded,
    BlockMade,
    FollowAccepted,
    FollowEnded,
    FollowRejected,
    FollowRequested,
)
from instance.ids import slug
from instance.people import accounts, follows
from instance.policy.judge import facts_of


def on_follow_requested(u: Unit, event: FollowRequested) -> None:
    """Ask a remote account."""
    found = pair(u.connection, event.follower_id, event.target_id)
    if found:
        follower, target = found
        row = follows.one(u.connection, event.follower_id, event.target_id)
        made = _follow(follower.iri, target.iri, row.iri if row else None)
        send(u, {"@context": CONTEXT} | made, actor=follower.iri, recipients=[target.iri])


def on_follow_accepted(u: Unit, event: FollowAccepted) -> None:
    """Say yes to a remote follower."""
    found = pair(u.connection, event.target_id, event.follower_id)
    if found:
        target, follower = found
        row = follows.one(u.connection, event.follower_id, event.target_id)
        asked = _follow(follower.iri, target.iri, row.iri if row else None, row.verb if row else None)
        _answer(u, "Accept", target.iri, asked)


def on_follow_rejected(u: Unit, event: FollowRejected) -> None:
    """Say no to a remote account that asked, or that followed until now."""
    found = pair(u.connection, event.target_id, event.follower_id)
    if found:
        target, follower = found
        _answer(u, "Reject", target.iri, _follow(follower.iri, target.iri, event.follow_iri, event.verb))


def on_follow_ended(u: Unit, event: FollowEnded) -> None:
    """Tell a remote account that a member here follows it no longer."""
    found = pair(u.connection, event.follower_id, event.target_id)
    if found:
        follower, target = found
        _undo(u, follower.iri, _follow(follower.iri, target.iri, event.follow_iri), [target.iri])


def on_block_made(u: Unit, event: BlockMade) -> None:
    """Tell a remote account's server that it is blocked, so that it can hide one from the other."""
    found = pair(u.connection, event.account_id, event.target_id)
    if found:
        owner, target = found
        made = build.activity("Block", event.block_iri, owner.iri, target.iri, to=[target.iri], published=u.now)
        send(u, made, actor=owner.iri, recipients=[target.iri])


def on_block_ended(u: Unit, event: BlockEnded) -> None:
    """Tell a remote account's server that the block is lifted."""
    found = pair(u.connection, event.account_id, event.target_id)
    if found:
        owner, target = found
        block_iri = event.block_iri or _mint(owner.iri, "blocks")
        made = {"id": block_iri, "type": "Block", "actor": owner.iri, "object": target.iri}
        _undo(u, owner.iri, made, [target.iri])


def on_account_updated(u: Unit, event: AccountUpdated) -> None:
    """Send a changed profile to the servers of all who follow it."""
    _tell_profile(u, event.account_id, remote_followers(u.connection, event.account_id))


def on_suspension(u: Unit, event: AccountSuspended) -> None:
    """An account was suspended, or is back: everyone who knew it gets its profile, empty and marked or as it was."""
    _tell_profile(u, event.account_id, knew(u.connection, event.account_id))


def _tell_profile(u: Unit, account_id: int, recipients: list[str]) -> None:
    row = accounts.by_id(u.connection, account_id)
    if row is None or row.domain or row.deleted_at is not None or row.kind not in actors.WIRE_KINDS:
        return
    document = actors.document(u.connection, u.site, row)
    if not recipients or "publicKey" not in document:
        return
    terms = {"to": [PUBLIC], "cc": [f"{row.iri}/followers"], "published": u.now}
    made = build.activity("Update", f"{row.iri}#updates/{u.now}", row.iri, build.inner(document), **terms)
    send(u, made, actor=row.iri, recipients=recipients, facts=facts_of("public"), once_per_host=True)


def on_account_moved(u: Unit, event: AccountMoved) -> None:
    """The changed profile, then Move: to the servers of all who follow the account, which take them along."""
    row = accounts.by_id(u.connection, event.account_id)
    recipients = remote_followers(u.connection, event.account_id)
    if row is None or not recipients:
        return
    _tell_profile(u, row.id, recipients)
    terms = {"target": event.target_iri, "to": [f"{row.iri}/followers"], "published": u.now}
    made = build.activity("Move", f"{row.iri}#moves/{u.now}", row.iri, row.iri, **terms)
    send(u, made, actor=row.iri, recipients=recipients, facts=facts_of("public"), once_per_host=True)


def on_account_deleted(u: Unit, event: AccountDeleted) -> None:
    """Tell the servers of all who knew the account that it is no more, each once (LEAKS L46: nobody else)."""
    row = accounts.by_id(u.connection, event.account_id)
    if row is None or row.domain:
        return
    taking_back.of_actor(u, row.iri)
    made = build.activity("Delete", f"{row.iri}#delete", row.iri, row.iri, to=[PUBLIC], published=u.now)
    recipients = knew(u.connection, row.id)
    send(u, made, actor=row.iri, recipients=recipients, facts=facts_of("public"), once_per_host=True)


def reject_unknown(u: Unit, target_iri: str, asked: Activity) -> None:
    """Say no to what made no row: a Follow by somebody who is blocked, for instance, or an Offer."""
    made = {"id": asked.id, "type": asked.type, "actor": asked.actor, "object": asked.object_id}
    _answer(u, "Reject", target_iri, {name: value for name, value in made.items() if value})


def _answer(u: Unit, kind: str, target_iri: str, follow: dict[str, Any]) -> None:
    made = build.activity(
        kind, _mint(target_iri, kind.lower()), target_iri, follow, to=[follow["actor"]], published=u.now
    )
    send(u, made, actor=target_iri, recipients=[follow["actor"]])


def _undo(u: Unit, actor: str, undone: dict[str, Any], recipients: list[str]) -> None:
    made = build.activity("Undo", f"{undone['id']}/undo", actor, undone, to=recipients, published=u.now)
    send(u, made, actor=actor, recipients=recipients)


def _follow(follower: str, target: str, iri: str | None, verb: str | None = None) -> dict[str, Any]:
    return {
        "id": iri or _mint(follower, "follows"),
        "type": verb or "Follow",
        "actor": follower,
        "object": target,
        "to": [target],
    }


def _mint(actor: str, what: str) -> str:
    return f"{actor}#{what}/{slug()}"
