"""An object that is believed: as it was embedded, or as its own origin has it; and whose words it is."""

import msgspec

from federation.client.fetch import fetch
from federation.context import Federation
from federation.errors import UnbelievableError
from federation.vocab.iris import same_origin
from federation.vocab.types import Activity, Actor, Object

CHANGES = frozenset({"Create", "Update"})


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
        return _for_whom(activity, said_by(activity.actor, about))
    if activity.type in CHANGES:
        return _for_whom(activity, said_by(activity.actor, await fetched_object(federation, about, activity.actor)))
    return await fetched_object(federation, about)


def said_by(actor: str, about: Object) -> Object:
    """Of several authors the one who says it: nobody puts words into the mouth of whom she names beside herself."""
    return about if about.type == "Tombstone" else msgspec.structs.replace(about, attributed_to=actor)


def _for_whom(activity: Activity, about: Object) -> Object:
    """An object that does not say for whom it is: what its author says around it counts."""
    if activity.type not in CHANGES or about.to or about.cc or about.audience or about.type == "Tombstone":
        return about
    return msgspec.structs.replace(about, to=activity.to, cc=activity.cc, audience=activity.audience)


async def fetched_object(federation: Federation, address: str, owner: str = "") -> Object:
    """An object from its own id, attributed to an actor of its own origin (to `owner`, where one is named)."""
    if federation.is_ours(address):
        raise UnbelievableError("that is one of ours")
    found = await fetch(federation, address)
    if not isinstance(found, Object):
        raise UnbelievableError("that is no object")
    if found.type == "Tombstone":
        return found
    if not owns(found.attributed_to, found) or (owner and owner not in found.attributed_to_all):
        raise UnbelievableError("that object is not its author's")
    return found
