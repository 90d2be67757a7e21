"""What other servers claim about consent: an author's yes counts only from her own server, for this thing and no other."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from federation.schema import inbox_activity
from tests.journeys.walk import follow, home, notified, plain, seen, texts, write
from tests.support.make import Member, member
from tests.support.peer import AS, PUBLIC, Peer
from tests.support.world import Running, World

RECORDED = Path(__file__).parents[2] / "federation" / "peers"
GTS = ["https://gotosocial.org/ns", AS]


class Scene:
    """Anna here; xeno, whose rules ask for a yes, at x.example; yan, who answers, at y.example; evil at z.example."""

    def __init__(self, world: World, here: Running, anna: Member) -> None:
        self.world, self.here, self.anna = world, here, anna
        self.x, self.y, self.z = (Peer(world, f"{name}.example") for name in "xyz")
        self.xeno = self.x.actor("xeno")
        self.yan = self.y.actor("yan", number=1)
        self.evil = self.z.actor("evil", number=2)

    def rules(self, **kinds: tuple[list[str], list[str]]) -> dict[str, Any]:
        """An interactionPolicy: can…=(automatic, manual)."""
        said = {}
        for name, (automatic, manual) in kinds.items():
            said[name] = {"automaticApproval": automatic, "manualApproval": manual}
        return {"interactionPolicy": said}

    async def send(self, peer: Peer, activity: dict[str, Any]) -> None:
        answer = await peer.post(self.here, activity)
        assert answer.status_code == 202, answer.text
        await self.world.settle()

    async def post(self, number: int = 1, text: str = "Ask me", **terms: Any) -> dict[str, Any]:
        """A post of xeno's that arrives here: whoever wants to reply asks."""
        note = self.x.note(self.xeno, number, f"<p>{text}</p>", **({**self.asks()} | terms))
        await self.send(self.x, self.x.activity("Create", self.xeno, note, number))
        return note

    def asks(self) -> dict[str, Any]:
        return self.rules(canReply=([self.xeno], [PUBLIC]))

    def stamp(self, number: int, interacting: str, target: str, kind: str = "Reply", **terms: Any) -> str:
        """An authorization at xeno's server."""
        iri = f"{self.xeno}/approvals/{number}"
        made = {"@context": GTS, "id": iri, "type": f"{kind}Authorization", "attributedTo": self.xeno}
        made |= {"interactingObject": interacting, "interactionTarget": target} | terms
        self.x.documents[f"/users/xeno/approvals/{number}"] = made
        return iri

    async def reply(self, target: str, number: int = 1, **terms: Any) -> dict[str, Any]:
        """A reply of yan's that arrives here."""
        note = self.y.note(self.yan, number, "<p>Well</p>", **({"inReplyTo": target} | terms))
        again = terms.get("approvedBy", "")[-1:]
        await self.send(self.y, self.y.activity("Create", self.yan, note, f"{number}{again}"))
        return note

    async def shown(self, iri: str) -> bool:
        """Whether Anna finds a post."""
        found = await self.anna.get("/api/v2/search", params={"q": iri, "type": "statuses"})
        return bool(found.json()["statuses"])


@pytest.fixture
async def scene(world: World) -> Scene:
    here = await world.instance("a.example")
    anna = await member(here, "anna", public=True)
    made = Scene(world, here, anna)
    for peer, name, iri in ((made.x, "xeno", made.xeno), (made.y, "yan", made.yan)):
        await follow(world, anna, f"@{name}@{peer.host}")
        [asked] = [one.body for one in peer.received if one.body["type"] == "Follow"]
        await made.send(peer, peer.activity("Accept", iri, asked, "follow"))
        peer.received.clear()
    return made


def sent(peer: Peer, kind: str) -> list[dict[str, Any]]:
    return [one.body for one in peer.received if one.body["type"] == kind]


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


async def _ours(scene: Scene, **terms: Any) -> dict[str, Any]:
    policy = {"can_reply": {"always": ["author"], "with_approval": ["public"]}}
    return await write(
        scene.world, scene.anna, "Ask Anna", visibility="public", **({"interaction_policy": policy} | terms)
    )


async def test_a_reply_to_ours_waits_and_gets_an_authorization(scene: Scene) -> None:
    mine = await _ours(scene)
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
    mine = await _ours(scene)
    await scene.reply(mine["uri"], 1)
    [waiting] = (await scene.anna.get("/api/v1/interaction_requests")).json()
    done = (await scene.anna.post(f"/api/v1/interaction_requests/{waiting['id']}/authorize")).json()
    second = await scene.reply(mine["uri"], 2, approvedBy=done["uri"])
    below = (await scene.anna.get(f"/api/v1/statuses/{mine['id']}/context")).json()["descendants"]
    assert {one["uri"] for one in below} == {f"{scene.yan}/statuses/1", second["id"]}  # she sees what waits for her
    stranger = (await scene.here.client.get(f"/api/v1/statuses/{mine['id']}/context")).json()["descendants"]
    assert [one["uri"] for one in stranger] == [f"{scene.yan}/statuses/1"]


async def test_what_was_deleted_can_not_be_let(scene: Scene) -> None:
    mine = await _ours(scene)
    reply = await scene.reply(mine["uri"])
    [waiting] = (await scene.anna.get("/api/v1/interaction_requests")).json()
    await scene.send(scene.y, scene.y.activity("Delete", scene.yan, reply["id"], 1))
    assert (await scene.anna.get("/api/v1/interaction_requests")).json() == []
    late = await scene.anna.post(f"/api/v1/interaction_requests/{waiting['id']}/authorize")
    assert late.status_code == 404
    assert sent(scene.y, "Accept") == []


async def test_a_reply_that_may_not_be_is_answered_with_a_reject(scene: Scene) -> None:
    mine = await _ours(scene, interaction_policy={"can_reply": {"always": ["author"], "with_approval": []}})
    reply = await scene.reply(mine["uri"])
    [no] = sent(scene.y, "Reject")
    assert (no["object"], no["target"]) == (reply["id"], mine["uri"])
    assert not await scene.shown(reply["id"])


async def test_a_polite_request_is_answered_as_one(scene: Scene) -> None:
    mine = await _ours(scene)
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


# --- quotes


async def _quote_request(scene: Scene, mine: dict[str, Any], **terms: Any) -> dict[str, Any]:
    """Mastodon's QuoteRequest for a post of Anna's."""
    note = scene.y.note(scene.yan, 5, "<p>See this</p>", **({"quote": mine["uri"]} | terms))
    asks = scene.y.activity("QuoteRequest", scene.yan, mine["uri"], 5, instrument=note["id"])
    await scene.send(scene.y, asks)
    return note


async def test_a_quote_of_ours_is_let_and_revoked(scene: Scene) -> None:
    mine = await _ours(scene, quote_approval_policy="public")
    note = await _quote_request(scene, mine)
    [yes] = sent(scene.y, "Accept")
    assert yes["object"]["type"] == "QuoteRequest"
    stamp = (await scene.z.get(scene.here, yes["result"], scene.evil)).json()
    assert stamp["type"] == "QuoteAuthorization"
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (note["id"], mine["uri"])
    [quoting] = (await scene.anna.get(f"/api/v1/statuses/{mine['id']}/quotes")).json()
    await scene.anna.post(f"/api/v1/statuses/{mine['id']}/quotes/{quoting['id']}/revoke")
    await scene.world.settle()
    [gone] = sent(scene.y, "Delete")
    assert gone["object"] == yes["result"]
    assert (await scene.z.get(scene.here, yes["result"], scene.evil)).status_code == 404


async def test_a_quote_of_ours_without_leave_is_refused(scene: Scene) -> None:
    mine = await _ours(scene)
    await _quote_request(scene, mine)
    assert len(sent(scene.y, "Reject")) == 1
    assert (await scene.anna.get(f"/api/v1/statuses/{mine['id']}")).json()["quotes_count"] == 0


async def test_a_request_for_a_post_that_quotes_something_else(scene: Scene) -> None:
    mine = await _ours(scene, quote_approval_policy="public")
    await _quote_request(scene, mine, quote="https://x.example/users/xeno/statuses/1")
    assert sent(scene.y, "Accept") == []


async def _quoted(scene: Scene, stamp: str | None, **terms: Any) -> dict[str, Any]:
    """The quote of a post of yan's that quotes xeno's first post, as Anna's app has it."""
    given = {"quote": f"{scene.xeno}/statuses/1"} | ({"quoteAuthorization": stamp} if stamp else {}) | terms
    note = scene.y.note(scene.yan, 6, "<p>Quoting</p>", **given)
    await scene.send(scene.y, scene.y.activity("Create", scene.yan, note, 6))
    return await seen(scene.anna, "Quoting")


async def test_a_quote_with_its_stamp_is_shown_and_without_is_not(scene: Scene) -> None:
    note = await scene.post(1, "Quotable")
    stamp = scene.stamp(1, f"{scene.yan}/statuses/6", note["id"], kind="Quote")
    shown = await _quoted(scene, stamp)
    assert shown["quote"]["quoted_status"]["uri"] == note["id"]
    await scene.send(scene.x, scene.x.activity("Delete", scene.xeno, stamp, 1))
    now = (await scene.anna.get(f"/api/v1/statuses/{shown['id']}")).json()
    assert now["quote"] == {"state": "revoked", "quoted_status": None}
    updated = scene.y.documents["/users/yan/statuses/6"] | {"updated": "2026-11-21T12:00:00Z"}
    await scene.send(scene.y, scene.y.activity("Update", scene.yan, updated, 7))
    now = (await scene.anna.get(f"/api/v1/statuses/{shown['id']}")).json()
    assert now["quote"]["state"] == "revoked"


@pytest.mark.parametrize("forged", ["none", "own server", "other quote", "other target", "reply"])
async def test_a_forged_stamp_shows_nothing(scene: Scene, forged: str) -> None:
    note, quoting = await scene.post(1, "Quotable"), f"{scene.yan}/statuses/6"
    made = {"@context": GTS, "id": f"{scene.y.base}/stamps/1", "type": "QuoteAuthorization"}
    scene.y.documents["/stamps/1"] = made | {
        "attributedTo": scene.xeno,
        "interactingObject": quoting,
        "interactionTarget": note["id"],
    }
    stamps: dict[str, str | None] = {
        "none": None,
        "own server": f"{scene.y.base}/stamps/1",
        "other quote": scene.stamp(1, f"{scene.yan}/statuses/5", note["id"], kind="Quote"),
        "other target": scene.stamp(2, quoting, f"{scene.xeno}/statuses/2", kind="Quote"),
        "reply": scene.stamp(3, quoting, note["id"]),
    }
    shown = await _quoted(scene, stamps[forged])
    assert shown["quote"] == {"state": "pending", "quoted_status": None}


async def test_an_old_quote_is_a_link_only(scene: Scene) -> None:
    note = await scene.post(1, "Quotable")
    given = {"quoteUrl": note["id"], "_misskey_quote": note["id"]}
    made = scene.y.note(scene.yan, 8, "<p>Old way</p>", **given)
    await scene.send(scene.y, scene.y.activity("Create", scene.yan, made, 8))
    shown = await seen(scene.anna, "Old way")
    assert shown["quote"] is None
    assert f'href="{note["id"]}"' in shown["content"]


async def test_our_quote_waits_for_the_accept_with_a_stamp(scene: Scene) -> None:
    note = await scene.post(1, "Quotable", **scene.rules(canQuote=([PUBLIC], [])))
    target = await seen(scene.anna, "Quotable")
    made = await write(scene.world, scene.anna, "Mine", visibility="public", quoted_status_id=target["id"])
    [asks] = sent(scene.x, "QuoteRequest")
    assert (asks["object"], asks["instrument"]["id"]) == (note["id"], made["uri"])
    served = (await scene.z.get(scene.here, made["uri"], scene.evil)).json()
    assert served["quote"] == note["id"]
    assert not {"quoteAuthorization", "_misskey_quote", "quoteUri"} & served.keys()
    stamp = scene.stamp(1, made["uri"], note["id"], kind="Quote")
    request = {name: asks[name] for name in ("id", "type", "actor", "object")} | {"instrument": made["uri"]}
    evil = scene.z.activity("Accept", scene.evil, request, 1, result=stamp)
    await scene.send(scene.z, evil)
    assert (await scene.anna.get(f"/api/v1/statuses/{made['id']}")).json()["quote"]["state"] == "pending"
    await scene.send(scene.x, scene.x.activity("Accept", scene.xeno, request, 1))
    assert (await scene.anna.get(f"/api/v1/statuses/{made['id']}")).json()["quote"]["state"] == "pending"
    await scene.send(scene.x, scene.x.activity("Accept", scene.xeno, request, 2, result=stamp))
    assert (await scene.anna.get(f"/api/v1/statuses/{made['id']}")).json()["quote"]["state"] == "accepted"
    served = (await scene.z.get(scene.here, made["uri"], scene.evil)).json()
    assert served["quoteAuthorization"] == stamp
    assert texts(await home(scene.anna))[0] == "Mine"


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
    mine = await _ours(scene, interaction_policy=policy)
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
    mine = await _ours(scene, interaction_policy={"can_favourite": asked})
    like = scene.y.activity("Like", scene.yan, mine["uri"], 1)
    await scene.send(scene.y, like)
    assert len((await scene.anna.get("/api/v1/interaction_requests")).json()) == 1
    await scene.send(scene.y, scene.y.activity("Undo", scene.yan, like["id"], 2))
    assert (await scene.anna.get("/api/v1/interaction_requests")).json() == []


async def test_what_was_revoked_is_not_let_again(scene: Scene) -> None:
    mine = await _ours(scene, quote_approval_policy="public")
    note = await _quote_request(scene, mine)
    [quoting] = (await scene.anna.get(f"/api/v1/statuses/{mine['id']}/quotes")).json()
    await scene.anna.post(f"/api/v1/statuses/{mine['id']}/quotes/{quoting['id']}/revoke")
    await scene.world.settle()
    scene.y.received.clear()
    again = scene.y.activity("QuoteRequest", scene.yan, mine["uri"], 9, instrument=note["id"])
    await scene.send(scene.y, again)
    assert (sent(scene.y, "Accept"), len(sent(scene.y, "Reject"))) == ([], 1)
    assert (await scene.anna.get(f"/api/v1/statuses/{mine['id']}/quotes")).json() == []


async def test_our_rules_stand_on_the_wire_in_both_forms(scene: Scene) -> None:
    me = f"https://a.example/u/{scene.anna.account_id}"
    mine = await _ours(scene, quote_approval_policy="followers")
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
