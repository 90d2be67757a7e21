"""What other servers claim about consent to answers: an author's yes counts only from her own server, for this thing alone."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from federation.schema import inbox_activity
from tests.instance.activities.scene import GTS, RECORDED, Scene, ours, sent
from tests.journeys.walk import notified, plain, seen, write
from tests.support.peer import PUBLIC

# --- what ours ask for


async def test_a_reply_goes_to_the_author_alone_until_she_says_yes(scene: Scene) -> None:
    note = await scene.post()
    ben = scene.z.actor("ben", number=3)
    await scene.send(scene.z, scene.z.activity("Follow", ben, f"https://a.example/u/{scene.anna.account_id}"))
    asked = await seen(scene.anna, "Ask me")
    reply = await write(scene.world, scene.anna, "May I?", visibility="public", in_reply_to_id=asked["id"])
    [created] = sent(scene.x, "Create")
    assert created["object"]["id"] == reply["uri"]
    assert "approvedBy" not in created["object"]
    assert sent(scene.z, "Create") == []
    stranger = await scene.z.get(scene.here, reply["uri"], scene.evil)
    assert stranger.status_code == 404
    asker = await scene.x.get(scene.here, reply["uri"], scene.xeno)
    assert asker.json()["inReplyTo"] == note["id"]
    scene.x.received.clear()
    # GoToSocial's own words: the reply by name, its target, and an authorization
    stamp = scene.stamp(1, reply["uri"], note["id"])
    yes = scene.x.activity("Accept", scene.xeno, reply["uri"], "1", target=note["id"], result=stamp)
    await scene.send(scene.x, yes)
    [told] = sent(scene.z, "Create")
    assert told["object"]["approvedBy"] == told["object"]["replyAuthorization"] == stamp
    assert plain((await seen(scene.anna, "May I?"))["content"]) == "May I?"
    assert (await scene.z.get(scene.here, reply["uri"], scene.evil)).status_code == 200


async def test_an_accept_without_a_result_is_its_own_authorization(scene: Scene) -> None:
    recorded = json.loads((RECORDED / "gotosocial-policy-reply-approved-1.json").read_text())
    policy = json.loads((RECORDED / "gotosocial-policy-create-1.json").read_text())["object"]["interactionPolicy"]
    text = json.dumps(policy).replace("https://gts-b.test/users/bob", scene.xeno)
    note = await scene.post(**{"interactionPolicy": json.loads(text)})
    asked = await seen(scene.anna, "Ask me")
    boosted = await scene.anna.post(f"/api/v1/statuses/{asked['id']}/reblog")
    assert boosted.status_code == 422  # only its author boosts it
    reply = await write(scene.world, scene.anna, "So", visibility="public", in_reply_to_id=asked["id"])
    yes = recorded | {"actor": scene.xeno, "id": f"{scene.xeno}/accepts/1", "object": reply["uri"]}
    await scene.send(scene.x, yes | {"target": note["id"], "to": f"https://a.example/u/{scene.anna.account_id}"})
    served = await scene.z.get(scene.here, reply["uri"], scene.evil)
    assert served.json()["approvedBy"] == f"{scene.xeno}/accepts/1"


@pytest.mark.parametrize("odd", [[], [5], {}, {"a": []}, 5, ["QuoteRequest", {}]])
async def test_an_answer_to_something_odd_is_none(scene: Scene, odd: Any) -> None:
    yes = scene.x.activity("Accept", scene.xeno, {"type": odd, "instrument": {"id": odd}, "object": odd})
    await scene.send(scene.x, yes)
    rows = await scene.here.house.store.read(lambda c: c.execute(select(inbox_activity)).all())
    assert rows[-1].state in {"done", "ignored"}
    assert " at " not in (rows[-1].reason or "")


async def test_a_reject_is_told_in_a_sentence(scene: Scene) -> None:
    await scene.post()
    asked = await seen(scene.anna, "Ask me")
    reply = await write(scene.world, scene.anna, "May I?", visibility="public", in_reply_to_id=asked["id"])
    recorded = json.loads((RECORDED / "gotosocial-policy-reply-reject-2.json").read_text())
    no = recorded | {"actor": scene.xeno, "id": f"{scene.xeno}/rejects/1", "object": reply["uri"]}
    await scene.send(scene.x, no | {"target": asked["uri"]})
    mine = (await scene.anna.get(f"/api/v1/statuses/{reply['id']}")).json()
    assert "has said no" in plain(mine["content"])
    assert (await scene.x.get(scene.here, reply["uri"], scene.xeno)).status_code == 404


@pytest.mark.parametrize("forger", ["third", "replier", "result", "target"])
async def test_nobody_else_says_yes(scene: Scene, forger: str) -> None:
    note = await scene.post()
    asked = await seen(scene.anna, "Ask me")
    reply = await write(scene.world, scene.anna, "May I?", visibility="public", in_reply_to_id=asked["id"])
    terms = {"target": note["id"]}
    match forger:
        case "third":
            peer, actor = scene.z, scene.evil
        case "replier":
            peer, actor = scene.y, scene.yan
        case "result":
            peer, actor, terms = scene.x, scene.xeno, terms | {"result": "https://z.example/approvals/1"}
        case _:
            peer, actor, terms = scene.x, scene.xeno, {"target": f"{scene.xeno}/statuses/7"}
    await scene.send(peer, peer.activity("Accept", actor, reply["uri"], "9", **terms))
    mine = (await scene.anna.get(f"/api/v1/statuses/{reply['id']}")).json()
    assert "This waits for" in plain(mine["content"])
    assert (await scene.z.get(scene.here, reply["uri"], scene.evil)).status_code == 404


async def test_a_yes_that_comes_after_the_deletion_brings_nothing_back(scene: Scene) -> None:
    note = await scene.post()
    asked = await seen(scene.anna, "Ask me")
    reply = await write(scene.world, scene.anna, "May I?", visibility="public", in_reply_to_id=asked["id"])
    await scene.anna.delete(f"/api/v1/statuses/{reply['id']}")
    await scene.world.settle()
    assert len(sent(scene.x, "Delete")) == 1
    scene.x.received.clear()
    await scene.send(scene.x, scene.x.activity("Accept", scene.xeno, reply["uri"], "1", target=note["id"]))
    assert scene.x.received == []
    assert (await scene.anna.get(f"/api/v1/statuses/{reply['id']}")).status_code == 404


async def test_a_yes_is_taken_back(scene: Scene) -> None:
    note = await scene.post()
    asked = await seen(scene.anna, "Ask me")
    reply = await write(scene.world, scene.anna, "May I?", visibility="public", in_reply_to_id=asked["id"])
    stamp = scene.stamp(1, reply["uri"], note["id"])
    yes = scene.x.activity("Accept", scene.xeno, reply["uri"], "1", target=note["id"], result=stamp)
    await scene.send(scene.x, yes)
    await scene.send(scene.z, scene.z.activity("Delete", scene.evil, stamp, "1"))  # not evil's to delete
    assert (await scene.z.get(scene.here, reply["uri"], scene.evil)).status_code == 200
    await scene.send(scene.x, scene.x.activity("Delete", scene.xeno, stamp, "1"))
    assert (await scene.z.get(scene.here, reply["uri"], scene.evil)).status_code == 404
    await scene.send(scene.x, yes | {"id": f"{scene.xeno}/accept/2"})
    assert (await scene.z.get(scene.here, reply["uri"], scene.evil)).status_code == 404


# --- what others claim


async def test_a_reply_with_its_authors_yes_is_shown(scene: Scene) -> None:
    note = await scene.post()
    stamp = scene.stamp(1, f"{scene.yan}/statuses/1", note["id"])
    reply = await scene.reply(note["id"], approvedBy=stamp)
    assert await scene.shown(reply["id"])


@pytest.mark.parametrize(
    "forged", ["none", "own server", "third server", "absent", "other reply", "other target", "other owner", "like"]
)
async def test_a_claimed_yes_is_checked_where_the_post_lives(scene: Scene, forged: str) -> None:
    note, reply_iri = await scene.post(), f"{scene.yan}/statuses/1"
    document = {"@context": GTS, "type": "ReplyAuthorization", "attributedTo": scene.xeno}
    document |= {"interactingObject": reply_iri, "interactionTarget": note["id"]}
    claims: dict[str, Any] = {
        "none": None,
        "own server": f"{scene.y.base}/approvals/1",
        "third server": f"{scene.z.base}/approvals/1",
        "absent": f"{scene.x.base}/approvals/none",
        "other reply": scene.stamp(1, f"{scene.yan}/statuses/2", note["id"]),
        "other target": scene.stamp(2, reply_iri, f"{scene.xeno}/statuses/9"),
        "other owner": scene.stamp(3, reply_iri, note["id"], attributedTo=f"{scene.x.base}/users/zoe"),
        "like": scene.stamp(4, reply_iri, note["id"], kind="Like"),
    }
    for peer in (scene.y, scene.z):
        peer.documents["/approvals/1"] = document | {"id": f"{peer.base}/approvals/1"}
    claim = {"approvedBy": claims[forged]} if claims[forged] else {}
    reply = await scene.reply(note["id"], **claim)
    assert not await scene.shown(reply["id"])
    assert reply["id"] not in str((await scene.anna.get("/api/v1/timelines/home")).json())
    # it is shown once the real yes comes
    real = scene.stamp(5, reply_iri, note["id"])
    await scene.reply(note["id"], approvedBy=real)
    assert await scene.shown(reply["id"])


async def test_who_may_not_reply_is_not_kept(scene: Scene) -> None:
    note = await scene.post(**scene.rules(canReply=([scene.xeno], [])))
    reply = await scene.reply(note["id"])
    assert not await scene.shown(reply["id"])


async def test_an_update_does_not_move_a_reply_to_where_it_may_not_be(scene: Scene) -> None:
    free = await scene.post(1, "Free", interactionPolicy=None)
    asks = await scene.post(2, "Ask me")
    reply = await scene.reply(free["id"])
    assert await scene.shown(reply["id"])
    moved = reply | {"inReplyTo": asks["id"], "updated": "2026-11-21T11:00:00Z"}
    await scene.send(scene.y, scene.y.activity("Update", scene.yan, moved, 2))
    asked = await seen(scene.anna, "Ask me")
    below = (await scene.anna.get(f"/api/v1/statuses/{asked['id']}/context")).json()["descendants"]
    assert below == []


async def test_only_its_author_changes_who_may_reply(scene: Scene) -> None:
    note = await scene.post(**scene.rules(canReply=([scene.xeno], [])))
    wide = note | scene.rules(canReply=([PUBLIC], []))
    await scene.send(scene.z, scene.z.activity("Update", scene.evil, wide, 1))
    assert not await scene.shown((await scene.reply(note["id"], 1))["id"])
    scene.x.documents["/users/xeno/statuses/1"] = {"@context": GTS} | wide
    await scene.send(scene.x, scene.x.activity("Update", scene.xeno, wide, 2))
    assert await scene.shown((await scene.reply(note["id"], 2))["id"])


# --- what is asked of ours


async def test_a_reply_to_ours_waits_and_gets_an_authorization(scene: Scene) -> None:
    mine = await ours(scene)
    reply = await scene.reply(mine["uri"])
    assert ("mention", "yan@y.example") in await notified(scene.anna)
    [waiting] = (await scene.anna.get("/api/v1/interaction_requests")).json()
    await scene.anna.post(f"/api/v1/interaction_requests/{waiting['id']}/authorize")
    await scene.world.settle()
    [yes] = sent(scene.y, "Accept")
    assert (yes["object"], yes["target"]) == (reply["id"], mine["uri"])
    stamp = (await scene.z.get(scene.here, yes["result"], scene.evil)).json()
    assert (stamp["type"], stamp["id"]) == ("ReplyAuthorization", yes["result"])
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (reply["id"], mine["uri"])
    assert (stamp["object"], stamp["target"]) == (reply["id"], mine["uri"])
    assert stamp["attributedTo"] == f"https://a.example/u/{scene.anna.account_id}"
    collected = (await scene.z.get(scene.here, f"{mine['uri']}/replies", scene.evil)).json()
    assert reply["id"] in str(collected)
    await scene.anna.post(f"/api/v1/interaction_requests/{waiting['id']}/reject")
    await scene.world.settle()
    assert [gone["object"] for gone in sent(scene.y, "Delete")] == [yes["result"]]
    assert (await scene.z.get(scene.here, yes["result"], scene.evil)).status_code == 404
    collected = (await scene.z.get(scene.here, f"{mine['uri']}/replies", scene.evil)).json()
    assert reply["id"] not in str(collected)


async def test_a_yes_to_another_reply_is_none_for_ours(scene: Scene) -> None:
    mine = await ours(scene)
    await scene.reply(mine["uri"], 1)
    [waiting] = (await scene.anna.get("/api/v1/interaction_requests")).json()
    done = (await scene.anna.post(f"/api/v1/interaction_requests/{waiting['id']}/authorize")).json()
    second = await scene.reply(mine["uri"], 2, approvedBy=done["uri"])
    below = (await scene.anna.get(f"/api/v1/statuses/{mine['id']}/context")).json()["descendants"]
    assert {one["uri"] for one in below} == {f"{scene.yan}/statuses/1", second["id"]}  # she sees what waits for her
    stranger = (await scene.here.client.get(f"/api/v1/statuses/{mine['id']}/context")).json()["descendants"]
    assert [one["uri"] for one in stranger] == [f"{scene.yan}/statuses/1"]


async def test_what_was_deleted_can_not_be_let(scene: Scene) -> None:
    mine = await ours(scene)
    reply = await scene.reply(mine["uri"])
    [waiting] = (await scene.anna.get("/api/v1/interaction_requests")).json()
    await scene.send(scene.y, scene.y.activity("Delete", scene.yan, reply["id"], 1))
    assert (await scene.anna.get("/api/v1/interaction_requests")).json() == []
    late = await scene.anna.post(f"/api/v1/interaction_requests/{waiting['id']}/authorize")
    assert late.status_code == 404
    assert sent(scene.y, "Accept") == []


async def test_a_reply_that_may_not_be_is_answered_with_a_reject(scene: Scene) -> None:
    mine = await ours(scene, interaction_policy={"can_reply": {"always": ["author"], "with_approval": []}})
    reply = await scene.reply(mine["uri"])
    [no] = sent(scene.y, "Reject")
    assert (no["object"], no["target"]) == (reply["id"], mine["uri"])
    assert not await scene.shown(reply["id"])


async def test_a_polite_request_is_answered_as_one(scene: Scene) -> None:
    mine = await ours(scene)
    note = scene.y.note(scene.yan, 3, "<p>Politely</p>", inReplyTo=mine["uri"])
    asks = scene.y.activity("ReplyRequest", scene.yan, mine["uri"], 3, instrument=note["id"])
    await scene.send(scene.y, asks)
    assert not await scene.shown("nothing")
    [waiting] = (await scene.anna.get("/api/v1/interaction_requests")).json()
    await scene.anna.post(f"/api/v1/interaction_requests/{waiting['id']}/authorize")
    await scene.world.settle()
    [yes] = sent(scene.y, "Accept")
    assert yes["object"] == {
        "id": asks["id"],
        "type": "ReplyRequest",
        "actor": scene.yan,
        "object": mine["uri"],
        "instrument": note["id"],
    }
    like = scene.y.activity("LikeRequest", scene.yan, mine["uri"], 4, instrument=f"{scene.yan}/likes/4")
    await scene.send(scene.y, like)
    assert len(sent(scene.y, "Accept")) == 2
    assert (await scene.anna.get(f"/api/v1/statuses/{mine['id']}")).json()["favourites_count"] == 1


async def test_answers_that_come_first_are_judged_once_the_rules_are_known(scene: Scene) -> None:
    asks = scene.x.note(scene.xeno, 1, "<p>Ask me</p>", **scene.asks())
    scene.x.documents["/users/xeno/statuses/1"] = 503
    reply = await scene.reply(asks["id"])
    assert await scene.shown(reply["id"])
    await scene.send(scene.x, scene.x.activity("Create", scene.xeno, asks, 1))
    assert await scene.shown(asks["id"])
    assert not await scene.shown(reply["id"])


async def test_likes_and_boosts_that_may_not_be_are_answered(scene: Scene) -> None:
    nobody = {"always": ["author"], "with_approval": []}
    policy = {"can_favourite": nobody, "can_reblog": nobody}
    mine = await ours(scene, interaction_policy=policy)
    like = scene.y.activity("Like", scene.yan, mine["uri"], 1)
    await scene.send(scene.y, like)
    boost = scene.y.activity("Announce", scene.yan, mine["uri"], 1, to=[PUBLIC])
    await scene.send(scene.y, boost)
    assert [no["object"] for no in sent(scene.y, "Reject")] == [like["id"], boost["id"]]
    status = (await scene.anna.get(f"/api/v1/statuses/{mine['id']}")).json()
    assert (status["favourites_count"], status["reblogs_count"]) == (0, 0)
    group = scene.z.actor("club", "Group", number=4)
    await scene.send(scene.z, scene.z.activity("Announce", group, mine["uri"], 2, to=[PUBLIC]))
    assert (await scene.anna.get(f"/api/v1/statuses/{mine['id']}")).json()["reblogs_count"] == 0


async def test_a_like_is_taken_back_before_it_is_let(scene: Scene) -> None:
    asked = {"always": ["author"], "with_approval": ["public"]}
    mine = await ours(scene, interaction_policy={"can_favourite": asked})
    like = scene.y.activity("Like", scene.yan, mine["uri"], 1)
    await scene.send(scene.y, like)
    assert len((await scene.anna.get("/api/v1/interaction_requests")).json()) == 1
    await scene.send(scene.y, scene.y.activity("Undo", scene.yan, like["id"], 2))
    assert (await scene.anna.get("/api/v1/interaction_requests")).json() == []


async def test_our_rules_stand_on_the_wire_in_both_forms(scene: Scene) -> None:
    me = f"https://a.example/u/{scene.anna.account_id}"
    mine = await ours(scene, quote_approval_policy="followers")
    served = (await scene.z.get(scene.here, mine["uri"], scene.evil)).json()
    assert served["interactionPolicy"] == {
        "canLike": {key: [PUBLIC] for key in ("automaticApproval", "always")}
        | {key: [] for key in ("manualApproval", "approvalRequired")},
        "canReply": {key: [me] for key in ("automaticApproval", "always")}
        | {key: [PUBLIC] for key in ("manualApproval", "approvalRequired")},
        "canAnnounce": {key: [PUBLIC] for key in ("automaticApproval", "always")}
        | {key: [] for key in ("manualApproval", "approvalRequired")},
        "canQuote": {"automaticApproval": [me, f"{me}/followers"], "manualApproval": []},
    }
    terms = served["@context"][-1]
    assert terms["gts"] == "https://gotosocial.org/ns#"
    assert {"interactionPolicy", "canReply", "canQuote", "automaticApproval", "always"} <= terms.keys()
    narrow = await write(scene.world, scene.anna, "Few", visibility="private", quote_approval_policy="public")
    ask = scene.z.activity("Follow", scene.evil, me)
    await scene.send(scene.z, ask)
    served = (await scene.z.get(scene.here, narrow["uri"], scene.evil)).json()
    for what in ("canAnnounce", "canQuote"):
        assert served["interactionPolicy"][what]["automaticApproval"] == [me]
