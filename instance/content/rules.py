"""What a post's author lets others do with it: the rules of one post asked for one member or stranger."""

from typing import Any

from sqlalchemy import Connection, Row, exists, select

from instance.db.content import mention
from instance.db.people import account, follow
from instance.errors import RefusalError
from instance.i18n import N_
from policies.audience import OPEN_TO_ALL
from policies.interaction import USUAL, Asker, Rule, Verdict, choice, judge, rule_of, stored

PENDING, REFUSED = "pending", "refused"

REFUSALS = {
    "reply": ("reply-not-allowed", N_("The author of this post has limited who can reply to it.")),
    "like": ("like-not-allowed", N_("The author of this post has limited who can like it.")),
    "boost": ("boost-not-allowed", N_("The author of this post has limited who can boost it.")),
    "quote": ("quote-not-allowed", N_("The author of this post has limited who can quote it.")),
}


def is_ours(base_url: str, row: Row[Any]) -> bool:
    """Whether a post was written here."""
    return str(row.iri).startswith(base_url + "/")


def verdict(connection: Connection, kind: str, target: Row[Any], asker_id: int) -> Verdict:
    """What the rules of a post (a row of `post`) say of one account. Whether she may read it was asked before.

    What waits for a yes itself can't be liked, boosted or quoted by anybody but who decides, and all replies to it wait.
    """
    if target.consent is not None and target.reply_to_account_id != asker_id:
        return Verdict.ASK if kind == "reply" else Verdict.NO
    if target.account_id == asker_id:
        return Verdict.YES
    if kind == "quote" and target.visibility not in OPEN_TO_ALL:
        return Verdict.NO
    rule = rule_of(target.policy, kind)
    if rule == USUAL[kind]:
        return Verdict.NO if kind == "quote" else Verdict.YES
    return judge(kind, rule, _asker(connection, target, asker_id))


def _asker(connection: Connection, target: Row[Any], asker_id: int) -> Asker:
    """One statement for all that a rule can ask."""
    accepted = follow.c.state == "accepted"
    follows = exists().where(follow.c.follower_id == asker_id, follow.c.target_id == target.account_id, accepted)
    followed = exists().where(follow.c.follower_id == target.account_id, follow.c.target_id == asker_id, accepted)
    named = exists().where(mention.c.post_id == target.id, mention.c.account_id == asker_id)
    asked = select(account.c.iri, follows, followed, named).where(account.c.id == asker_id)
    iri, follows_author, followed_by_author, is_mentioned = connection.execute(asked).one()
    return Asker(
        iri,
        is_named=is_mentioned or target.reply_to_account_id == asker_id,
        follows_author=follows_author,
        followed_by_author=followed_by_author,
    )


def refusal(kind: str) -> RefusalError:
    """What a member is told whom the rules don't let."""
    code, sentence = REFUSALS[kind]
    return RefusalError(code, sentence)


def defaults(author: Row[Any], visibility: str) -> dict[str, Rule]:
    """The rules that a member's new posts of this visibility get."""
    kept = (author.default_policies or {}).get(visibility)
    return {kind: rule_of(kept, kind) for kind in USUAL}


def of_new_post(
    author: Row[Any], visibility: str, group_id: int | None, chosen: dict[str, Rule]
) -> dict[str, Any] | None:
    """The rules of a new post: what was chosen for it, else her own. In a group the group decides about replies and boosts."""
    rules = defaults(author, visibility) | chosen
    if group_id is not None:
        rules |= {kind: USUAL[kind] for kind in ("reply", "boost")}
    return stored(rules)


def changed(policy: dict[str, Any] | None, chosen: dict[str, Rule]) -> dict[str, Any] | None:
    """A post's rules with some of them changed."""
    return stored({kind: rule_of(policy, kind) for kind in USUAL} | chosen)


__all__ = [
    "PENDING",
    "REFUSED",
    "Verdict",
    "changed",
    "choice",
    "defaults",
    "is_ours",
    "of_new_post",
    "refusal",
    "verdict",
]
