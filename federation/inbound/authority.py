"""May this actor say this of that object? (DECISIONS 22; SECURITY no. 1, 3, 4, 11, 12)

An embedded object is believed if the signer owns it, or if the signer is the Group in its audience and the inner actor
and object share the Group's origin. What is not believed becomes its IRI: handlers fetch it, or look it up.
Same origin is not same owner: handlers compare with the owner that they stored.
"""

from typing import Any

import msgspec

from federation.client.fetch import fetch
from federation.context import Federation
from federation.errors import UnbelievableError
from federation.vocab.iris import same_origin
from federation.vocab.types import Activity, Actor, Object

CHANGES = frozenset({"Create", "Update"})
ANSWERS = frozenset({"Accept", "Reject", "TentativeAccept", "TentativeReject"})


def check(federation: Federation, signer: str, activity: Activity) -> Activity:
    """What of an activity is to be believed of this signer. Raises UnbelievableError where nothing is."""
    if activity.actor != signer:
        raise UnbelievableError("the actor is not the signer")
    if activity.id and not same_origin(activity.id, signer):
        raise UnbelievableError("the activity's id is of another origin")
    if activity.type in CHANGES:
        return _change(federation, activity)
    if activity.type == "Announce":
        return _announce(federation, activity)
    if activity.type == "Undo":
        return _undo(activity)
    if activity.type == "Delete":
        return _delete(activity)
    if activity.type in ANSWERS:
        return _answer(activity)
    if activity.type == "Move" and activity.object_id != signer:
        raise UnbelievableError("somebody else's move")
    return _named(activity)


def owns(actor: str, about: Object) -> bool:
    """Whether an object is this actor's: attributed to it, with an id of its origin."""
    return actor in about.attributed_to_all and same_origin(about.id, actor)


async def object_of(federation: Federation, activity: Activity) -> Object:
    """The object of a Create, Update or Announce: as embedded where that was believed, else fetched from its id.

    For Create and Update it is the actor's own. Raises what `fetch` raises, and UnbelievableError.
    """
    about = activity.object
    if isinstance(about, Activity):
        return await object_of(federation, about)
    if isinstance(about, Actor) or not (about if isinstance(about, str) else about.id):
        raise UnbelievableError("that is no object to be had")
    if isinstance(about, Object):
        return about
    return await fetched_object(federation, about, activity.actor if activity.type in CHANGES else "")


async def fetched_object(federation: Federation, iri: str, owner: str = "") -> Object:
    """An object from its own id, attributed to an actor of its own origin (to `owner`, where one is named)."""
    if federation.is_ours(iri):
        raise UnbelievableError("that is one of ours")
    found = await fetch(federation, iri)
    if not isinstance(found, Object):
        raise UnbelievableError("that is no object")
    if found.type == "Tombstone":
        return found
    if not owns(found.attributed_to, found) or (owner and owner not in found.attributed_to_all):
        raise UnbelievableError("that object is not its author's")
    return found


def _change(federation: Federation, activity: Activity) -> Activity:
    about = activity.object
    if federation.is_ours(activity.object_id):
        raise UnbelievableError("that is one of ours")
    if isinstance(about, Actor):
        if about.id != activity.actor or activity.type != "Update":
            raise UnbelievableError("somebody else's profile")
        return activity
    if isinstance(about, Object) and owns(activity.actor, about):
        return activity
    if isinstance(about, Activity):
        raise UnbelievableError("an activity is nothing to be created")
    return _named(activity)


def _announce(federation: Federation, activity: Activity) -> Activity:
    about = activity.object
    if isinstance(about, Activity):
        inner = _inner(activity.actor, about)
        if inner.believed and inner.type in CHANGES and federation.is_ours(inner.object_id):
            raise UnbelievableError("that is one of ours")
        return msgspec.structs.replace(activity, object=inner)
    if isinstance(about, Object) and owns(activity.actor, about):
        return activity
    return _named(activity)


def _inner(group: str, about: Activity) -> Activity:
    """An activity that a Group announces: believed if it is addressed to the Group and all of the Group's origin."""
    inner = about.object
    addressed = group in about.audience or (isinstance(inner, Object) and group in inner.audience)
    whole = same_origin(about.actor, group) and same_origin(about.object_id, group)
    if isinstance(inner, Object) and about.type in CHANGES:
        whole = whole and owns(about.actor, inner)
    if addressed and whole and (not about.id or same_origin(about.id, group)):
        return about
    return msgspec.structs.replace(_named(about), believed=False)


def _undo(activity: Activity) -> Activity:
    about = activity.object
    if isinstance(about, Activity):
        if about.actor != activity.actor:
            raise UnbelievableError("somebody else's activity is not to be undone")
        return activity
    if not same_origin(activity.object_id, activity.actor):
        raise UnbelievableError("an activity of another origin is not to be undone")
    return _named(activity)


def _delete(activity: Activity) -> Activity:
    if not same_origin(activity.object_id, activity.actor):
        raise UnbelievableError("an object of another origin is not to be deleted")
    about = activity.object
    if isinstance(about, Object) and about.attributed_to and about.attributed_to != activity.actor:
        raise UnbelievableError("somebody else's object is not to be deleted")
    return _named(activity)


def _answer(activity: Activity) -> Activity:
    about = activity.object
    if isinstance(about, Activity):
        if about.type in {"Follow", "Join", "Invite", "Offer"} and about.object_id != activity.actor:
            raise UnbelievableError("somebody else was asked")
        return activity
    return _named(activity)


def _named(activity: Activity) -> Activity:
    """The same with its object by name only."""
    if isinstance(activity.object, str):
        return activity
    changes: dict[str, Any] = {"object": activity.object_id}
    return msgspec.structs.replace(activity, **changes)
