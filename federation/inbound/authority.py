"""May this actor say this of that object? The table `rights` says who; here it is applied, twice.

`check` judges an activity by itself, before anything is fetched for it: what is not believed of what it embeds becomes its
name. `stand` judges it by our rows, in the transaction of its effect and before it. Both go through forwarded activities too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from federation.context import Federation
from federation.errors import UnbelievableError
from federation.inbound import rights
from federation.inbound.belief import CHANGES, owns
from federation.inbound.rights import Ground, Rule, Table
from federation.ports import About, Rows
from federation.schema import remote_actor
from federation.vocab import limits
from federation.vocab.iris import same_origin
from federation.vocab.reading import iri, iris, listed
from federation.vocab.types import Activity, Actor, Object

SHELVING = frozenset({"Add", "Remove"})


def rule_of(table: Table, activity: Activity) -> Rule:
    """The row for an activity. Raises UnbelievableError for what is in no row."""
    rule = table.get((activity.type, about_what(activity))) or table.get((activity.type, "*"))
    if rule is None:
        raise UnbelievableError("no rule says who may say that")
    return rule


def about_what(activity: Activity) -> str:
    """The second half of a key of the table."""
    inner = activity.object
    if activity.type == "Block" and activity.target:
        return rights.IN_GROUP
    if activity.type == "Undo" and isinstance(inner, Activity) and inner.type == "Block" and inner.target:
        return rights.IN_GROUP
    if isinstance(inner, Actor) and inner.type != rights.OF_GROUP:
        return rights.ACTOR
    return activity.object_type


def check(federation: Federation, signer: str, activity: Activity) -> Activity:
    """What of an activity is to be believed of this signer, by itself. Raises UnbelievableError where nothing is."""
    if activity.actor != signer:
        raise UnbelievableError("the actor is not the signer")
    if activity.id and not same_origin(activity.id, signer):
        raise UnbelievableError("the activity's id is of another origin")
    if activity.type == "Announce" and isinstance(activity.object, Activity):
        inner = _forwarded(federation, signer, activity.object)
        return msgspec.structs.replace(activity, object=inner, ground=str(Ground.GROUP))
    case = _Case(federation.is_ours, activity, signer)
    rule = rule_of(rights.DIRECT, activity)
    return _judged(case, rule)


def stand(connection: Connection, rows: Rows, activity: Activity) -> Activity:
    """The same activity, if our rows agree; its `ground` (a forwarded one's: its inner's) says why.

    Raises UnbelievableError.
    """
    if activity.type == "Announce" and isinstance(activity.object, Activity):
        if not _is_group(connection, activity.actor):
            raise UnbelievableError("only groups pass on what others say")
        inner = _standing(connection, rows, activity.object, rule_of(rights.FORWARDED, activity.object), activity.actor)
        return msgspec.structs.replace(activity, object=inner)
    return _standing(connection, rows, activity, rule_of(rights.DIRECT, activity), activity.actor)


@dataclass(frozen=True, slots=True)
class _Case:
    """An activity before the table. `group` is who passes it on."""

    is_ours: Callable[[str], bool]
    activity: Activity
    signer: str
    group: str = ""


def _judged(case: _Case, rule: Rule) -> Activity:
    held = next((ground for ground in rule.may if _WIRE[ground](case)), None)
    if held is None:
        raise UnbelievableError(f"not hers to say: {case.activity.type}")
    kept = next((ground for ground in rule.keeps if _WIRE[ground](case)), None)
    seen = case.activity if kept is not None else _named(case.activity)
    believed = kept is not None or not case.group
    return msgspec.structs.replace(seen, believed=believed, ground=str(kept or held))


def _forwarded(federation: Federation, group: str, inner: Activity) -> Activity:
    judged = _judged(_Case(federation.is_ours, inner, inner.actor, group), rule_of(rights.FORWARDED, inner))
    if judged.believed and judged.type in CHANGES and federation.is_ours(judged.object_id):
        raise UnbelievableError("that is one of ours")
    return judged


def _named(activity: Activity) -> Activity:
    """The same with its object by name only."""
    if isinstance(activity.object, str):
        return activity
    changes: dict[str, Any] = {"object": activity.object_id}
    return msgspec.structs.replace(activity, **changes)


# --- what can be seen in the activity itself


def _elsewhere(case: _Case) -> bool:
    about = case.activity.object
    if isinstance(about, Activity | Actor):
        return False  # an activity is nothing to be created, a profile is its actor's to change
    return not case.is_ours(case.activity.object_id)


def _owner(case: _Case) -> bool:
    about = case.activity.object
    return isinstance(about, Object) and owns(case.signer, about)


def _author(case: _Case) -> bool:
    about = case.activity.object
    if isinstance(about, Activity):
        return about.actor == case.signer and (not about.id or same_origin(about.id, case.signer))
    return same_origin(case.activity.object_id, case.signer)


def _asked(case: _Case) -> bool:
    """Put to this actor: a Follow or Join of her, an Invite or Offer to her, a request about something of her origin."""
    about = case.activity.object
    if not isinstance(about, Activity):
        return False
    if about.type in {"Follow", "Join"}:
        return about.object_id == case.signer
    if about.type in {"Invite", "Offer"}:
        return case.signer in {about.object_id, about.target, *about.to}
    return same_origin(about.object_id, case.signer)


def _whole(case: _Case) -> bool:
    activity, group = case.activity, case.group
    about = activity.object
    addressed = group in activity.audience or (isinstance(about, Object) and group in about.audience)
    of_group = same_origin(activity.actor, group) and (not activity.id or same_origin(activity.id, group))
    if isinstance(about, Activity):
        return False  # what is undone has rows of its own
    if activity.type not in rights.MARKS:
        of_group = of_group and same_origin(activity.object_id, group)
    if isinstance(about, Object) and activity.type in CHANGES:
        of_group = of_group and owns(activity.actor, about)
    return addressed and of_group


_WIRE: dict[Ground, Callable[[_Case], bool]] = {
    Ground.ANYONE: lambda _: True,
    Ground.ELSEWHERE: _elsewhere,
    Ground.SELF: lambda case: case.activity.object_id == case.signer,
    Ground.TARGET: lambda case: case.activity.target == case.signer,
    Ground.OWNER: _owner,
    Ground.AUTHOR: _author,
    Ground.ASKED: _asked,
    Ground.GROUP: lambda case: case.activity.object_id == case.group,
    Ground.WHOLE: _whole,
    Ground.PROVEN: lambda case: isinstance(case.activity.object, Object) and "proof" in case.activity.object.raw,
}


# --- what our rows say


@dataclass(frozen=True, slots=True)
class _Stored:
    """An activity and what our rows say of its object and its target. `speaker` is who answers for it."""

    connection: Connection
    activity: Activity
    speaker: str
    about: About | None
    where: About | None


def _standing(connection: Connection, rows: Rows, activity: Activity, rule: Rule, speaker: str) -> Activity:
    if not rule.rows:
        return activity
    inner = activity.object
    meant = inner if activity.type == "Undo" and isinstance(inner, Activity) else activity
    about = rows.about(connection, meant.object_id) if meant.object_id else None
    shelf = meant.target or next(iter(meant.audience), "")  # PieFed names none for its moderators
    where = rows.about(connection, shelf) if shelf else None
    stored = _Stored(connection, meant, speaker, about, where)
    held = next((ground for ground in rule.rows if _ROWS[ground](stored)), None)
    if held is None:
        raise UnbelievableError(f"not hers to say, by our rows: {activity.type}")
    return msgspec.structs.replace(activity, ground=str(held))


def _owner_here(stored: _Stored) -> bool:
    if stored.about is not None:
        return stored.about.owner == stored.speaker
    embedded = next((item for item in listed(stored.activity.raw.get("object")) if isinstance(item, dict)), {})
    said = iris(embedded.get("attributedTo"))
    return same_origin(stored.activity.object_id, stored.speaker) and (not said or stored.speaker in said)


def _moderator(stored: _Stored) -> bool:
    return any(stored.speaker in found.moderators for found in (stored.about, stored.where) if found is not None)


def _group(stored: _Stored) -> bool:
    """Of what is put on a shelf the shelf decides; what names none is about something in the Group."""
    if not _is_group(stored.connection, stored.speaker):
        return False
    target = stored.activity.target
    if target:
        return target == stored.speaker or _collection(stored)
    if stored.activity.type in SHELVING and (stored.about is None or stored.about.owner == stored.activity.object_id):
        return True  # no target and no post: PieFed tells of its moderators so
    return stored.about is not None and stored.speaker in stored.about.groups


def _collection(stored: _Stored) -> bool:
    """Whether the speaker's own document names the target as a collection of its own."""
    target = stored.activity.target
    if not target or not same_origin(target, stored.speaker):
        return False
    wanted = select(remote_actor.c.document).where(remote_actor.c.iri == stored.speaker)
    document = limits.parse((stored.connection.execute(wanted).scalar() or "{}").encode())
    return target in {iri(document.get(name)) for name in ("featured", "attributedTo", "moderators")}


def _is_group(connection: Connection, actor: str) -> bool:
    kind = select(remote_actor.c.kind).where(remote_actor.c.iri == actor)
    return connection.execute(kind).scalar() == "Group"


_ROWS: dict[Ground, Callable[[_Stored], bool]] = {
    Ground.OWNER: _owner_here,
    Ground.ASKED: lambda stored: stored.about is None or stored.speaker in stored.about.asked,
    Ground.MODERATOR: _moderator,
    Ground.GROUP: _group,
    Ground.COLLECTION: _collection,
}
