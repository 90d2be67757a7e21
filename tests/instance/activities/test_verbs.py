"""Every verb is in the one table; what is in no table is counted by kind and peer, and nothing of it is kept."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from federation.schema import inbox_activity, turned_away
from instance.wiring import ACTIVITIES
from tests.support.make import member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import World

UNDONE = ["Follow", "Like", "EmojiReact", "Dislike", "Announce", "Block", "Accept", "Flag", "Join", "Delete", "Lock"]
UNDONE += ["Add", "Remove", "Offer", "TentativeReject"]
JOURNEYS, HERE, AGREED = "tests/journeys", "tests/instance/activities", "tests/federation/test_agreements.py"

# verb -> the tests that show it coming in, and going out; what we never say has none
SHOWN: dict[str, tuple[str, str]] = {
    "Create": (
        f"{JOURNEYS}/test_pretend_people.py::test_their_member_s_post_and_what_becomes_of_it",
        f"{JOURNEYS}/test_pretend_people.py::test_our_member_s_post_and_what_they_do_with_it",
    ),
    "Create of a vote": (
        f"{HERE}/test_polls_across.py::test_a_stranger_s_vote_counts_once_and_is_no_post",
        f"{JOURNEYS}/test_pretend_people.py::test_polls_both_ways",
    ),
    "Update": (
        f"{HERE}/test_out_of_order.py::test_updates_in_the_wrong_order_and_twice",
        f"{JOURNEYS}/test_posts_across.py::test_an_edit_and_a_deletion_arrive",
    ),
    "Update of a poll": (
        f"{HERE}/test_polls_across.py::test_the_counts_of_theirs_are_taken_and_the_end_is_told",
        f"{HERE}/test_polls_across.py::test_the_counts_of_ours_are_told",
    ),
    "Update of a profile": (
        f"{HERE}/test_out_of_order.py::test_a_profile_does_not_come_back_after_its_farewell",
        f"{HERE}/test_outgoing_members.py::test_a_profile_goes_to_followers_with_its_key",
    ),
    "Delete": (
        f"{HERE}/test_out_of_order.py::test_a_delete_before_its_create",
        f"{JOURNEYS}/test_posts_across.py::test_an_edit_and_a_deletion_arrive",
    ),
    "Delete of an account": (
        f"{HERE}/test_leaving.py::test_a_remote_farewell_takes_everything_along",
        f"{HERE}/test_leaving.py::test_everyone_who_knew_her_is_told_once_and_nobody_else",
    ),
    "Follow": (
        f"{HERE}/test_follow_races.py::test_a_follow_that_comes_twice_is_one_and_answered_twice",
        f"{HERE}/test_outgoing_members.py::test_a_follow_is_asked_for_and_taken_back",
    ),
    "Accept": (
        f"{HERE}/test_follow_races.py::test_an_accept_whose_follow_has_an_id_that_we_never_gave",
        f"{HERE}/test_outgoing_members.py::test_a_remote_follower_is_answered",
    ),
    "Reject": (
        f"{HERE}/test_follow_races.py::test_a_yes_is_doubted_taken_back_and_turned_into_a_no",
        f"{HERE}/test_outgoing_members.py::test_a_remote_follower_is_answered",
    ),
    "TentativeAccept": (f"{HERE}/test_follow_races.py::test_a_yes_is_doubted_taken_back_and_turned_into_a_no", ""),
    "TentativeReject": (
        f"{HERE}/test_follow_races.py::test_a_yes_is_doubted_taken_back_and_turned_into_a_no",
        f"{JOURNEYS}/test_probing.py::test_deliveries_to_a_liar_stop_and_go_on_once_it_is_mended",
    ),
    "Like": (
        f"{HERE}/test_out_of_order.py::test_marks_that_come_twice_count_once",
        f"{JOURNEYS}/test_posts_across.py::test_likes_and_boosts_go_back",
    ),
    "EmojiReact": (f"{HERE}/test_verbs.py::test_a_dislike_is_counted_and_not_shown", ""),
    "Dislike": (
        f"{HERE}/test_verbs.py::test_a_dislike_is_counted_and_not_shown",
        f"{HERE}/test_recorded_groups.py::test_a_dislike_is_counted_and_passed_on",
    ),
    "Announce": (
        f"{JOURNEYS}/test_posts_across.py::test_a_boost_brings_a_third_server_s_post",
        f"{JOURNEYS}/test_posts_across.py::test_likes_and_boosts_go_back",
    ),
    "Announce of an activity": (
        f"{HERE}/test_lemmy.py::test_a_titled_post_is_the_group_s_boost",
        f"{HERE}/test_group_cost.py::test_an_answer_is_announced_as_an_activity_and_never_boosted",
    ),
    "Block": (
        f"{HERE}/test_out_of_order.py::test_blocks_in_every_order",
        f"{HERE}/test_outgoing_members.py::test_a_block_goes_with_the_end_of_the_follow",
    ),
    "Block in a group": (
        f"{HERE}/test_lemmy.py::test_a_ban_here_and_its_end",
        f"{JOURNEYS}/test_group_moderation.py::test_a_ban_holds_until_its_end_here_and_there",
    ),
    "Flag": (
        f"{HERE}/test_reports.py::test_every_shape_of_a_report",
        f"{HERE}/test_reports.py::test_a_forwarded_report_names_nobody",
    ),
    "Move": (
        f"{HERE}/test_moves.py::test_followers_lists_blocks_and_mutes_go_along",
        f"{HERE}/test_moves.py::test_a_member_moves_to_another_server",
    ),
    "Add": (
        f"{HERE}/test_lemmy.py::test_pins",
        f"{JOURNEYS}/test_group_moderation.py::test_a_pin_stands_first_everywhere",
    ),
    "Remove": (
        f"{HERE}/test_lemmy.py::test_pins",
        f"{JOURNEYS}/test_group_moderation.py::test_a_pin_stands_first_everywhere",
    ),
    "Lock": (
        f"{HERE}/test_lemmy.py::test_a_lock_closes_the_thread",
        f"{JOURNEYS}/test_group_moderation.py::test_a_locked_thread_refuses_answers_everywhere",
    ),
    "Join": (f"{HERE}/test_follow_races.py::test_a_group_is_joined_and_left", ""),
    "Leave": (f"{HERE}/test_follow_races.py::test_a_group_is_joined_and_left", ""),
    "Invite": (f"{HERE}/test_verbs.py::test_an_invitation_or_an_offer_is_declined", ""),
    "Offer": (
        f"{AGREED}::test_the_peer_offers_and_a_steward_accepts",
        f"{AGREED}::test_we_offer_and_the_peer_accepts",
    ),
    "Undo": (
        f"{HERE}/test_out_of_order.py::test_undoing_what_nothing_was_made_of_undoes_nothing_else",
        f"{HERE}/test_outgoing_members.py::test_a_follow_is_asked_for_and_taken_back",
    ),
    "Undo of a Like": (
        f"{HERE}/test_out_of_order.py::test_an_undo_before_its_mark",
        f"{JOURNEYS}/test_posts_across.py::test_likes_and_boosts_go_back",
    ),
    "Undo of a Block": (
        f"{HERE}/test_out_of_order.py::test_blocks_in_every_order",
        f"{HERE}/test_outgoing_members.py::test_a_block_goes_with_the_end_of_the_follow",
    ),
    "Undo of an Accept": (f"{HERE}/test_follow_races.py::test_a_yes_is_doubted_taken_back_and_turned_into_a_no", ""),
    "Undo of a Delete": (
        f"{HERE}/test_lemmy.py::test_removal_and_restoration_by_a_moderator",
        f"{JOURNEYS}/test_group_moderation.py::test_a_removal_reaches_everyone_and_is_undone",
    ),
    "Undo of a Flag": (f"{HERE}/test_reports.py::test_a_report_of_an_account_alone_and_what_is_not_ours", ""),
    "Undo of an Offer": (f"{AGREED}::test_the_peer_ends_it_or_takes_its_offer_back", ""),
}


@pytest.mark.parametrize("verb", dict.fromkeys(name.partition(" ")[0] for name in SHOWN))
def test_each_verb_is_in_the_table(verb: str) -> None:
    assert any(kind == verb for kind, _ in ACTIVITIES)


@pytest.mark.parametrize("verb", UNDONE)
def test_each_that_can_be_undone_is_in_the_table(verb: str) -> None:
    assert ("Undo", verb) in ACTIVITIES


@pytest.mark.parametrize("verb", SHOWN)
def test_each_verb_is_shown_both_ways(verb: str) -> None:
    for named in filter(None, SHOWN[verb]):
        path, _, test = named.partition("::")
        assert f"def {test}(" in (Path(__file__).parents[3] / path).read_text()


async def test_a_verb_of_the_future_is_counted_and_not_kept(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    bob = peer.actor("bob")
    for number in range(3):
        answer = await peer.post(a, peer.activity("Travel", bob, {"type": "Place", "name": "secret"}, number))
        assert answer.status_code == 202
    await peer.post(a, peer.activity("Arrive", bob, "https://peer.example/places/1"))
    await peer.post(a, peer.activity("Nul\0", bob, "https://peer.example/places/1", 2))
    await a.house.federation.ledger.flush()
    asked = select(turned_away.c.host, turned_away.c.kind, turned_away.c.number).order_by(turned_away.c.number.desc())
    rows = await a.house.store.read(lambda c: c.execute(asked.where(turned_away.c.reason == "unknown-verb")).all())
    assert [tuple(row) for row in rows][:2] == [("peer.example", "Travel", 3), ("peer.example", "Arrive", 1)]
    kept = select(func.count()).select_from(inbox_activity)
    assert await a.house.store.read(lambda connection: connection.execute(kept).scalar()) == 0


async def test_an_invitation_or_an_offer_is_declined(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna")
    await world.settle()
    bob, iri = peer.actor("bob"), f"https://a.example/u/{anna.account_id}"
    invite = peer.activity("Invite", bob, "https://peer.example/events/1", target=iri, to=[iri])
    offer = peer.activity("Offer", bob, {"type": "Follow", "actor": bob, "object": iri}, to=[iri])
    for activity in (invite, offer):
        await peer.post(a, activity)
        await world.settle()
    told = [received.body for received in peer.received]
    assert [(body["type"], body["object"]["type"], body["object"]["id"]) for body in told] == [
        ("Reject", "Invite", invite["id"]),
        ("Reject", "Offer", offer["id"]),
    ]
    await anna.post(f"/api/v1/accounts/{await _id(anna, 'bob@peer.example')}/block")
    await world.settle()
    peer.received.clear()
    await peer.post(a, peer.activity("Invite", bob, bob, 2, target=iri, to=[iri]))
    await peer.post(a, peer.activity("Invite", bob, "https://peer.example/events/1", 3, to=[PUBLIC]))
    await world.settle()
    assert peer.received == []
    reasons = select(inbox_activity.c.reason).where(inbox_activity.c.state == "ignored")
    rows = await a.house.store.read(lambda connection: connection.execute(reasons).scalars().all())
    assert rows == ["UnbelievableError: nobody here is asked"]


async def _id(who: Any, handle: str) -> str:
    found = await who.get("/api/v1/accounts/search", params={"q": handle, "resolve": "true"})
    return str(found.json()[0]["id"])


async def test_a_dislike_is_counted_and_not_shown(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    await world.settle()
    bob = peer.actor("bob")
    post = (await anna.post("/api/v1/statuses", json={"status": "Hello", "visibility": "public"})).json()
    await peer.post(a, peer.activity("Like", bob, post["uri"]))
    await world.settle()
    dislike = peer.activity("Dislike", bob, post["uri"])
    for activity in (dislike, {**dislike, "id": f"{bob}/dislike/again"}):
        await peer.post(a, activity)
        await world.settle()
    shown = (await anna.get(f"/api/v1/statuses/{post['id']}")).json()
    assert shown["favourites_count"] == 0  # it took the place of the like
    assert not any("dislike" in key for key in shown)
    assert await _dislikes(a, post["id"]) == 1
    assert [one["type"] for one in (await anna.get("/api/v1/notifications")).json()] == []
    await peer.post(a, peer.activity("Undo", bob, dislike))
    await world.settle()
    assert await _dislikes(a, post["id"]) == 0
    await peer.post(a, peer.activity("Dislike", bob, post["uri"], 3))
    await peer.post(a, peer.activity("EmojiReact", bob, post["uri"], content="🌊"))
    await world.settle()
    assert await _dislikes(a, post["id"]) == 0
    assert (await anna.get(f"/api/v1/statuses/{post['id']}")).json()["favourites_count"] == 1
    await peer.post(a, peer.activity("Undo", bob, peer.activity("EmojiReact", bob, post["uri"]), 2))
    await world.settle()
    assert (await anna.get(f"/api/v1/statuses/{post['id']}")).json()["favourites_count"] == 0


async def _dislikes(a: Any, post_id: str) -> int:
    from_row = "SELECT dislikes_count FROM post WHERE id = "
    rows = await a.house.store.read(lambda c: c.exec_driver_sql(from_row + str(int(post_id))).scalar())
    return int(rows)
