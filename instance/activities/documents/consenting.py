"""Consent as documents: the author's policy on a post, the yes that an answer or quote goes with, and the yes itself."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from federation.vocab import interaction as wire
from federation.vocab.interaction import LEGACY_QUOTES
from federation.vocab.iris import PUBLIC
from instance.content import interactions
from instance.content.interactions import ACCEPTED
from instance.people import accounts
from policies import interaction as policy
from policies.audience import OPEN_TO_ALL
from policies.interaction import AUTHOR, Rule

Document = dict[str, Any]


def of_post(connection: Connection, row: Row[Any], author: Row[Any], followers: str, named: Sequence[str]) -> Document:
    """What a post of ours says about consent: who may do what with it, what it goes with, what it quotes.

    What is not for everyone is boosted and quoted by its author alone.
    """
    rules = {kind: policy.rule_of(row.policy, kind) for kind in policy.KINDS}
    if row.visibility not in OPEN_TO_ALL:
        rules |= {"boost": Rule((AUTHOR,)), "quote": Rule((AUTHOR,))}
    reply = rules["reply"]
    rules["reply"] = Rule((*reply.automatic, policy.MENTIONED), reply.manual)
    words = {
        policy.PUBLIC: (PUBLIC,),
        policy.FOLLOWERS: (followers,),
        policy.FOLLOWING: (f"{author.iri}/following",),
        policy.MUTUALS: (),
        policy.MENTIONED: tuple(named),
        AUTHOR: (author.iri,),
    }
    return {"interactionPolicy": wire.policy(rules, words)} | approved("reply", row) | _quote(connection, row)


def approved(kind: str, row: Row[Any]) -> Document:
    """The authorization that a reply or boost goes with, in both its names."""
    return dict.fromkeys(wire.CLAIMS[kind], row.approved_by) if row.approved_by else {}


def _quote(connection: Connection, row: Row[Any]) -> Document:
    """What a post quotes. Servers that ask nobody are told only once its author has said yes."""
    found = interactions.of_post(connection, "quote", row.id)
    if found is None or found.state not in {ACCEPTED, interactions.PENDING}:
        return {}
    made = {"quote": found.target_iri}
    if found.state == ACCEPTED:
        made |= dict.fromkeys(LEGACY_QUOTES, found.target_iri)
        made |= {"quoteAuthorization": found.approval_iri} if found.approval_iri else {}
    return made


def stamp(connection: Connection, iri: str) -> Document | None:
    """The document behind the address of a yes of ours; None once it is taken back, or what it was about is gone."""
    row = interactions.by_approval(connection, iri)
    if row is None or row.state != ACCEPTED or row.target_id is None or row.post_id is None:
        return None
    owner = accounts.by_id(connection, row.target_id)
    if owner is None or owner.domain or not accounts.is_shown(owner):
        return None
    return wire.stamp(row.kind, iri, owner.iri, row.iri, row.target_iri)
