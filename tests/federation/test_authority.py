"""The table of rights: nothing outside it is ever believed, whoever says it; every verb that has a handler is in it."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert

from federation.errors import FederationError, UnbelievableError
from federation.inbound import authority, rights
from federation.inbound.authority import check, stand
from federation.ports import About
from federation.schema import metadata, remote_actor
from federation.vocab.iris import same_origin
from federation.vocab.normalise import normalise
from federation.vocab.types import ACTIVITY_TYPES, ACTOR_TYPES, Activity, Actor, Object
from instance import wiring

OURS = "https://a.example"
HOSTS = ("https://peer.example", "https://third.example", OURS)
PEOPLE = tuple(f"{host}/users/{name}" for host in HOSTS for name in ("bob", "eve"))
GROUPS = tuple(f"{host}/users/circle" for host in HOSTS)
ACTORS = (*PEOPLE, *GROUPS)
VERBS = (*sorted(ACTIVITY_TYPES), "QuoteRequest", "Nonsense")


class Home:
    """As much of a Federation as the first check asks for."""

    def is_ours(self, iri: str) -> bool:
        return iri == OURS or iri.startswith(OURS + "/")


HOME: Any = Home()

actors = st.sampled_from(ACTORS)
posts = st.builds(lambda actor, number: f"{actor}/statuses/{number}", actors, st.integers(1, 3))
names = st.one_of(actors, posts, st.builds(lambda actor: f"{actor}/featured", actors), st.just(""))


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"id": draw(names), "type": draw(st.sampled_from(["Note", "Page", "Person", "Tombstone"]))}
    made["attributedTo"] = draw(st.one_of(actors, st.lists(actors, max_size=2)))
    made["audience"] = draw(st.one_of(st.sampled_from(GROUPS), st.none()))
    made["inbox"] = f"{made['id']}/inbox"
    return made


def activities(inner: Any) -> Any:
    return st.fixed_dictionaries(
        {"type": st.sampled_from(VERBS), "actor": actors, "object": inner},
        optional={
            "id": st.builds(lambda actor, number: f"{actor}/a/{number}", actors, st.integers(1, 9)),
            "target": names,
            "audience": st.sampled_from(GROUPS),
            "to": st.lists(actors, max_size=2),
        },
    )


wild = activities(st.one_of(names, objects(), activities(st.one_of(names, objects(), activities(names)))))


@given(actors, wild)
def test_nothing_outside_the_table_is_believed(signer: str, document: dict[str, Any]) -> None:
    found = normalise({"@context": "https://www.w3.org/ns/activitystreams"} | document)
    if not isinstance(found, Activity):
        return
    try:
        seen = check(HOME, signer, found)
    except UnbelievableError:
        return
    assert seen.actor == signer
    assert not seen.id or same_origin(seen.id, signer)
    assert (seen.type, "*") in rights.DIRECT or any(verb == seen.type for verb, _ in rights.DIRECT)
    about = seen.object
    if isinstance(about, Actor):
        assert (about.id, seen.type) == (signer, "Update")
    elif isinstance(about, Object):
        assert signer in about.attributed_to_all
        assert same_origin(about.id, signer)
        assert not HOME.is_ours(about.id)
    elif isinstance(about, Activity):
        _inner_is_believable(signer, seen, about)


def _inner_is_believable(signer: str, seen: Activity, inner: Activity) -> None:
    if seen.type == "Undo":
        assert inner.actor == signer
    elif seen.type in rights.ANSWERS:
        asked = {inner.object_id, inner.target, *inner.to}
        assert signer in asked or same_origin(inner.object_id, signer)
    elif seen.type == "Announce":
        assert (inner.type, "*") in rights.FORWARDED or (inner.type, authority.about_what(inner)) in rights.FORWARDED
        if not inner.believed:
            assert isinstance(inner.object, str)
        elif inner.type in {"Create", "Update", "Delete"} and not isinstance(inner.object, Actor):
            assert same_origin(inner.actor, signer)
            assert same_origin(inner.object_id, signer)
        elif inner.type in rights.MARKS:
            assert same_origin(inner.actor, signer)
    else:
        raise AssertionError(f"an activity inside of {seen.type}")


class Stored:
    """Our rows: every post is its path's author's and in the circle of its host, which `PEOPLE[0]` moderates if it is ours."""

    def about(self, connection: Any, iri: str) -> About | None:
        owner = iri.partition("/statuses/")[0].removesuffix("/featured")
        if owner not in ACTORS:
            return None
        group = next(name for name in GROUPS if same_origin(name, owner))
        moderators = frozenset({PEOPLE[0]}) if HOME.is_ours(owner) else frozenset[str]()
        return About(owner, asked=frozenset({PEOPLE[0]}), groups=frozenset({group}), moderators=moderators)


@pytest.fixture(scope="module")
def connection() -> Any:
    engine = create_engine("sqlite://")
    metadata.create_all(engine, tables=[remote_actor])
    with engine.connect() as opened:
        for iri in ACTORS:
            kind = "Group" if iri in GROUPS else "Person"
            document = f'{{"featured":"{iri}/featured","moderators":"{PEOPLE[0]}/moderators"}}'
            row = {"iri": iri, "host": "x", "kind": kind, "inbox": "x", "document": document, "fetched_at": 0}
            opened.execute(insert(remote_actor).values(**row))
        yield opened


@given(signer=actors, document=wild)
def test_what_changes_others_things_stands_in_our_rows(connection: Any, signer: str, document: dict[str, Any]) -> None:
    found = normalise({"@context": "https://www.w3.org/ns/activitystreams"} | document)
    if not isinstance(found, Activity):
        return
    try:
        seen = stand(connection, Stored(), check(HOME, signer, found))
    except UnbelievableError:
        return
    forwarded = seen.type == "Announce" and isinstance(seen.object, Activity)
    meant = seen.object if forwarded else seen
    assert isinstance(meant, Activity)
    if forwarded:
        assert signer in GROUPS
    if meant.type == "Undo" and isinstance(meant.object, Activity):
        meant = meant.object
    stored = Stored().about(connection, meant.object_id)
    theirs = stored is not None and stored.owner == signer
    moderated = any(
        (found := Stored().about(connection, iri)) is not None and signer in found.moderators
        for iri in (meant.object_id, meant.target)
    )
    if meant.type in {"Lock", "Add", "Remove"} or (meant.type == "Block" and meant.target):
        of_group = signer in GROUPS and same_origin(meant.target or meant.object_id, signer)
        people = stored is None or stored.owner == meant.object_id  # with no target: of the Group's own moderators
        own = signer in GROUPS and meant.type in {"Add", "Remove"} and not meant.target and people
        unknown = stored is None and same_origin(meant.object_id, signer)
        hers = meant.type == "Lock" and not forwarded and (theirs or unknown)  # Mbin's authors lock what they wrote
        assert moderated or of_group or own or hers or meant.target == f"{signer}/featured"
    elif meant.type in {"Delete", "Update"} and not forwarded and not isinstance(meant.object, Actor):
        of_group = meant.type == "Delete" and signer in GROUPS and stored is not None and signer in stored.groups
        assert theirs or moderated or of_group or (stored is None and same_origin(meant.object_id, signer))


def test_every_handler_has_a_row() -> None:
    for verb, about in wiring.ACTIVITIES:
        kind = rights.ACTOR if about in ACTOR_TYPES else about
        if verb == "Announce" and about != "*":
            assert any(inner == about for inner, _ in rights.FORWARDED), (verb, about)
        else:
            assert (verb, kind) in rights.DIRECT or (verb, "*") in rights.DIRECT, (verb, about)


def test_every_ground_can_be_judged() -> None:
    for rule in (*rights.DIRECT.values(), *rights.FORWARDED.values()):
        assert all(ground in authority._WIRE for ground in (*rule.may, *rule.keeps))
        assert all(ground in authority._ROWS for ground in rule.rows)


def case(verb: str, about: Any, **terms: Any) -> Activity:
    found = normalise({"id": f"{PEOPLE[0]}/a/1", "type": verb, "actor": PEOPLE[0], "object": about} | terms)
    assert isinstance(found, Activity)
    return found


@pytest.mark.parametrize(("verb", "by"), [*product(("Lock", "Delete", "Add", "Remove"), ("moderator", "stranger"))])
def test_a_moderator_elsewhere_has_a_say_in_our_group(connection: Any, verb: str, by: str) -> None:
    post, shelf = f"{OURS}/users/bob/statuses/1", f"{GROUPS[2]}/featured"
    terms = {"target": shelf} if verb in {"Add", "Remove"} else {}
    given_by = case(verb, post, **terms)
    if by == "moderator":
        assert stand(connection, Stored(), check(HOME, PEOPLE[0], given_by)).ground == "moderator"
    else:
        other = {"actor": PEOPLE[2], "id": f"{PEOPLE[2]}/a/1"}
        with pytest.raises(FederationError):
            stand(connection, Stored(), check(HOME, PEOPLE[2], case(verb, post, **terms | other)))


def test_a_group_passes_on_moderation_of_its_own_only(connection: Any) -> None:
    group, other = GROUPS[0], GROUPS[1]
    for number, passes in ((f"{PEOPLE[0]}/statuses/1", True), (f"{PEOPLE[2]}/statuses/1", False)):
        lock = {"id": f"{PEOPLE[2]}/a/2", "type": "Lock", "actor": PEOPLE[2], "object": number}
        terms = {"actor": group, "id": f"{group}/a/1"}
        announced = check(HOME, group, case("Announce", lock, **terms))
        if passes:
            assert stand(connection, Stored(), announced).object.ground == "group"  # type: ignore[union-attr]
        else:
            with pytest.raises(UnbelievableError):
                stand(connection, Stored(), announced)
    ban = {"type": "Block", "actor": PEOPLE[2], "object": PEOPLE[0], "target": other}
    with pytest.raises(UnbelievableError):
        stand(connection, Stored(), check(HOME, group, case("Announce", ban, actor=group, id=f"{group}/a/1")))
    with pytest.raises(UnbelievableError):  # a person is no group
        stand(connection, Stored(), check(HOME, PEOPLE[0], case("Announce", lock)))


def test_verbs_without_a_row_are_refused() -> None:
    with pytest.raises(UnbelievableError):
        check(HOME, PEOPLE[0], case("View", OURS))


BOB, EVE, THIRD, CIRCLE = PEOPLE[0], PEOPLE[1], PEOPLE[2], GROUPS[0]
NOTE = {"id": f"{BOB}/statuses/1", "type": "Note", "attributedTo": BOB, "audience": CIRCLE}


def said(kind: str, about: Any, actor: str = BOB, **terms: Any) -> dict[str, Any]:
    return {"id": f"{actor}/a/7", "type": kind, "actor": actor, "object": about} | terms


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (said("Undo", said("Like", NOTE["id"])), said("Undo", said("Like", NOTE["id"], EVE))),
        (said("Undo", said("Like", NOTE["id"])), said("Undo", said("Like", NOTE["id"], id=f"{THIRD}/a/7"))),
        (said("Undo", f"{BOB}/a/7"), said("Undo", f"{THIRD}/a/7")),
        (said("Accept", said("Follow", BOB, THIRD)), said("Accept", said("Follow", EVE, THIRD))),
        (said("Reject", said("Join", BOB, THIRD)), said("Reject", said("Join", EVE, THIRD))),
        (said("Accept", said("Invite", "", THIRD, to=[BOB])), said("Accept", said("Invite", "", THIRD, to=[EVE]))),
        (
            said("Accept", said("QuoteRequest", NOTE["id"], THIRD)),
            said("Accept", said("QuoteRequest", f"{THIRD}/statuses/1", THIRD)),
        ),
        (said("Like", NOTE["id"]), said("Like", NOTE["id"], id=f"{THIRD}/a/7")),
        (said("Create", NOTE), said("Create", said("Like", NOTE["id"]))),
        (said("Create", NOTE), said("Create", {"id": BOB, "type": "Person", "inbox": f"{BOB}/inbox"})),
        (said("Create", NOTE), said("Create", f"{OURS}/u/1/p/1")),
        (said("Move", BOB, target=THIRD), said("Move", EVE, target=THIRD)),
        (said("Move", EVE, target=BOB), said("Move", EVE, target=THIRD)),
        (said("Update", {"id": BOB, "type": "Person"}), said("Update", {"id": EVE, "type": "Person"})),
    ],
)
def test_what_is_not_hers_to_say_is_refused(right: dict[str, Any], wrong: dict[str, Any]) -> None:
    for document, passes in ((right, True), (wrong, False)):
        found = normalise(document)
        assert isinstance(found, Activity)
        try:
            assert check(HOME, BOB, found).type == found.type
        except UnbelievableError:
            assert not passes
        else:
            assert passes


@pytest.mark.parametrize(
    ("believed", "inner"),
    [
        (True, said("Create", NOTE, audience=CIRCLE)),
        (True, said("Create", NOTE)),  # the object names the Group
        (False, said("Create", NOTE | {"audience": ""})),
        (False, said("Create", NOTE, audience=CIRCLE, id=f"{THIRD}/a/7")),
        (False, said("Create", NOTE | {"id": f"{THIRD}/statuses/1"})),
        (False, said("Create", NOTE | {"attributedTo": EVE})),
        (False, said("Create", NOTE, THIRD, id=f"{BOB}/a/7")),
        (True, said("Delete", NOTE["id"], audience=CIRCLE)),
        (False, said("Delete", f"{THIRD}/statuses/1", audience=CIRCLE)),
        (True, said("Like", f"{THIRD}/statuses/1", audience=CIRCLE)),
        (False, said("Like", NOTE["id"])),
        (False, said("Like", NOTE["id"], THIRD, audience=CIRCLE)),
        (False, said("Like", NOTE["id"], THIRD, audience=CIRCLE, id="")),
        (False, said("Delete", NOTE["id"], THIRD, audience=CIRCLE, id="")),
    ],
)
def test_a_group_is_believed_about_what_is_wholly_of_its_own_origin(believed: bool, inner: dict[str, Any]) -> None:
    found = normalise(said("Announce", inner, CIRCLE))
    assert isinstance(found, Activity)
    seen = check(HOME, CIRCLE, found).object
    assert isinstance(seen, Activity)
    assert seen.believed == believed
    assert believed or isinstance(seen.object, str)


@pytest.mark.parametrize("verb", ["Create", "Update", "Delete", "Like"])
def test_nobody_but_a_group_passes_on_what_others_say(connection: Any, verb: str) -> None:
    inner = said(verb, NOTE["id"], EVE, audience=CIRCLE)
    for announcer in (CIRCLE, BOB):
        announced = check(HOME, announcer, case("Announce", inner, actor=announcer, id=f"{announcer}/a/8"))
        if announcer == CIRCLE:
            assert stand(connection, Stored(), announced).type == "Announce"
        else:
            with pytest.raises(UnbelievableError):
                stand(connection, Stored(), announced)


def test_an_offer_without_a_proof_is_a_name() -> None:
    for terms, kept in (({"proof": {"type": "DataIntegrityProof"}}, True), ({}, False)):
        offered = {"id": f"{BOB}/offers/1", "type": "FederationAgreement"} | terms
        assert isinstance(check(HOME, BOB, case("Offer", offered)).object, Object) == kept


def test_a_collection_is_the_speakers_own_and_of_its_origin(connection: Any) -> None:
    """What a Group's document names elsewhere is not its to fill, and what is of its origin is not therefore its own."""
    for group, target, passes in (
        (CIRCLE, f"{CIRCLE}/featured", True),
        (CIRCLE, f"{BOB}/moderators", True),  # named in its document
        (CIRCLE, f"{EVE}/featured", False),
        (CIRCLE, f"{GROUPS[1]}/featured", False),
        (GROUPS[1], f"{BOB}/moderators", False),  # named, and of another origin
    ):
        added = check(HOME, group, case("Add", THIRD, actor=group, id=f"{group}/a/9", target=target))
        if passes:
            assert stand(connection, Stored(), added).type == "Add"
        else:
            with pytest.raises(UnbelievableError):
                stand(connection, Stored(), added)


@pytest.mark.parametrize(
    ("about", "passes"),
    [
        ({"id": f"{BOB}/x/1", "type": "Note", "attributedTo": BOB}, True),
        ({"id": f"{BOB}/x/1", "type": "Note"}, True),
        ({"id": f"{BOB}/x/1", "type": "Note", "attributedTo": EVE}, False),
        (f"{THIRD}/x/1", False),
        ({"id": f"{THIRD}/x/1", "type": "Note", "attributedTo": BOB}, False),
    ],
)
def test_what_is_not_here_is_deleted_by_its_author_only(connection: Any, about: Any, passes: bool) -> None:
    class Nothing:
        def about(self, connection: Any, iri: str) -> About | None:
            return None

    try:
        assert stand(connection, Nothing(), check(HOME, BOB, case("Delete", about))).type == "Delete"
    except UnbelievableError:
        assert not passes
    else:
        assert passes


def test_a_group_takes_no_post_of_others_off_its_shelves(connection: Any) -> None:
    """Without a target (PieFed): its own moderators, and what is in it."""
    for about, passes in ((THIRD, True), (NOTE["id"], True), (f"{THIRD}/statuses/1", False)):
        announced = check(HOME, CIRCLE, case("Announce", said("Add", about), actor=CIRCLE, id=f"{CIRCLE}/a/9"))
        if passes:
            assert stand(connection, Stored(), announced).type == "Announce"
        else:
            with pytest.raises(UnbelievableError):
                stand(connection, Stored(), announced)


def test_who_was_not_asked_answers_nothing(connection: Any) -> None:
    for answers, passes in ((BOB, True), (THIRD, False)):
        yes = check(HOME, answers, case("Accept", f"{EVE}/statuses/1", actor=answers, id=f"{answers}/a/9"))
        if passes:
            assert stand(connection, Stored(), yes).ground == "asked"
        else:
            with pytest.raises(UnbelievableError):
                stand(connection, Stored(), yes)
