"""What moderators do, told to other servers: announced by a group of ours; a member who moderates a remote group tells it.

The activity is the moderator's, by name, as FEP-1b12 servers check it: its actor is in the group's list of moderators.
What a steward does at the command line is the group's own.
"""

from typing import Any

from sqlalchemy import Connection, Row, select

from federation.vocab import build, times
from federation.vocab.iris import PUBLIC
from federation.vocab.terms import CONTEXT
from instance.activities.documents import actors
from instance.activities.outgoing.groups import announce
from instance.activities.outgoing.sending import send
from instance.db.content import post
from instance.db.people import account
from instance.db.unit import Unit
from instance.events import GroupActed
from instance.ids import slug
from instance.people import accounts
from instance.policy.judge import facts_of


def on_group_acted(u: Unit, event: GroupActed) -> None:
    """Something was done in a group: ours announces it, to a remote one it is sent by whoever of ours did it."""
    found = accounts.by_ids(u.connection, [i for i in (event.group_id, event.by_id) if i is not None])
    group, by = found.get(event.group_id), found.get(event.by_id or 0)
    if group is None or event.verb == "Warn":  # that is for its addressee alone
        return
    if group.domain == "":
        about = _about(u, event, group, by or group)
        announce(u, group, about, facts_of("public", tier="open"), also=_concerned(u.connection, event))
    elif by is not None and by.domain == "":
        made = {"@context": CONTEXT} | _about(u, event, group, by)
        send(u, made, actor=by.iri, recipients=[group.iri], facts=facts_of("public"))


def _about(u: Unit, event: GroupActed, group: Row[Any], by: Row[Any]) -> dict[str, Any]:
    """The activity itself; one that came from elsewhere keeps its id."""
    terms = {"actor": by.iri, "to": [PUBLIC], "cc": [group.iri], "audience": group.iri}
    reason = (
        {"summary": event.reason} if event.reason or event.verb == "Delete" else {}
    )  # without: the author's own deed
    about: dict[str, Any] = {"type": event.verb, "object": _object(u, event, group), **terms, **reason}
    if event.verb == "Block":
        about |= {"target": group.iri, "removeData": event.removes}
        if event.until is not None:
            about |= {"endTime": times.write(event.until), "expires": times.write(event.until)}
    elif event.target:
        about["target"] = _collection(u, group, event.target)
    about["id"] = _mint(by, event.verb) if event.undo or not event.iri else event.iri
    if event.undo:
        about = {"id": event.iri or _mint(by, "Undo"), "type": "Undo", "object": about, **terms, **reason}
    return about | {"published": times.write(u.now)}


def _object(u: Unit, event: GroupActed, group: Row[Any]) -> Any:
    if event.verb == "Update":
        return build.inner(actors.document(u.connection, u.site, group))
    return event.object_iri


def _collection(u: Unit, group: Row[Any], name: str) -> str:
    """The IRI of a group's collection; a remote one's as its own document has it."""
    if group.domain == "":
        return f"{group.iri}/{name}"
    return actors.collection_of(u.connection, group.iri, name) or f"{group.iri}/{name}"


def _mint(by: Row[Any], verb: str) -> str:
    return f"{by.iri}#{verb.lower()}/{slug()}"


def _concerned(connection: Connection, event: GroupActed) -> list[str]:
    """Whom it is about, on whatever server: the author of the post, the one who is banned or made a moderator."""
    if event.post_id is None:
        return [event.object_iri] if event.verb != "Update" else []
    author = select(account.c.iri).join(post, post.c.account_id == account.c.id).where(post.c.id == event.post_id)
    return list(connection.execute(author).scalars())
