"""What a member chooses about consent: the rules of a post of hers, and of the posts that she will write."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from instance.content import posts, rules
from instance.db.content import post
from instance.db.people import account
from instance.db.unit import Unit
from instance.events import PostPolicyChanged
from instance.people import accounts
from policies.interaction import USUAL, Rule, stored

VISIBILITIES = ("public", "unlisted", "followers", "direct")


def set_rules(u: Unit, author_id: int, post_id: int, chosen: Mapping[str, Rule]) -> None:
    """Change who may do what with a member's own post; other servers are told. What was let before stays let.

    In a group the group decides about replies and boosts. Raises NotFoundError.
    """
    row = posts.own(u, author_id, post_id)
    if row.group_id is not None:
        chosen = {kind: rule for kind, rule in chosen.items() if kind not in {"reply", "boost"}}
    policy = rules.changed(row.policy, dict(chosen))
    if policy == row.policy:
        return
    changed = update(post).where(post.c.id == post_id)
    u.connection.execute(changed.values(policy=policy, version=post.c.version + 1))
    u.record(PostPolicyChanged(post_id))


def set_defaults(u: Unit, account_id: int, chosen: Mapping[str, Mapping[str, Rule]]) -> None:
    """Change the rules that a member's new posts get, by visibility; what is not named stays. Posts that are there stay."""
    row = accounts.by_id(u.connection, account_id)
    if row is None:
        return
    kept: dict[str, Any] = {}
    for visibility in VISIBILITIES:
        policy = stored(rules.defaults(row, visibility) | dict(chosen.get(visibility, {})))
        kept |= {visibility: policy} if policy is not None else {}
    u.connection.execute(update(account).where(account.c.id == account_id).values(default_policies=kept or None))


def everywhere(chosen: Mapping[str, Rule]) -> dict[str, Mapping[str, Rule]]:
    """The same rules for posts of every visibility."""
    return dict.fromkeys(VISIBILITIES, chosen)


__all__ = ["USUAL", "VISIBILITIES", "everywhere", "set_defaults", "set_rules"]
