"""Quotes and consent: what is quoted is shown with its author's yes only, and no longer than that holds."""

from typing import Any

import pytest

from tests.instance.activities.scene import GTS, Scene, ours, sent
from tests.journeys.walk import home, seen, texts, write
from tests.support.peer import PUBLIC


async def _quote_request(scene: Scene, mine: dict[str, Any], **terms: Any) -> dict[str, Any]:
    """Mastodon's QuoteRequest for a post of Anna's."""
    note = scene.y.note(scene.yan, 5, "<p>See this</p>", **({"quote": mine["uri"]} | terms))
    asks = scene.y.activity("QuoteRequest", scene.yan, mine["uri"], 5, instrument=note["id"])
    await scene.send(scene.y, asks)
    return note


async def test_a_quote_of_ours_is_let_and_revoked(scene: Scene) -> None:
    mine = await ours(scene, quote_approval_policy="public")
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


async def test_a_server_is_told_once_that_a_yes_is_taken_back(scene: Scene) -> None:
    """However many of its people follow the author, and whoever of them asked."""
    mine = await ours(scene, quote_approval_policy="public")
    anna = mine["uri"].rpartition("/p/")[0]
    for peer, name in ((scene.y, "yan"), (scene.y, "yul"), (scene.z, "zoe"), (scene.z, "zed")):
        follower = peer.actor(name, number=1)
        await scene.send(peer, peer.activity("Follow", follower, anna))
    await _quote_request(scene, mine)
    [quoting] = (await scene.anna.get(f"/api/v1/statuses/{mine['id']}/quotes")).json()
    await scene.anna.post(f"/api/v1/statuses/{mine['id']}/quotes/{quoting['id']}/revoke")
    await scene.world.settle()
    assert [len(sent(peer, "Delete")) for peer in (scene.x, scene.y, scene.z)] == [0, 1, 1]


async def test_a_quote_of_ours_without_leave_is_refused(scene: Scene) -> None:
    mine = await ours(scene)
    await _quote_request(scene, mine)
    assert len(sent(scene.y, "Reject")) == 1
    assert (await scene.anna.get(f"/api/v1/statuses/{mine['id']}")).json()["quotes_count"] == 0


async def test_a_request_for_a_post_that_quotes_something_else(scene: Scene) -> None:
    mine = await ours(scene, quote_approval_policy="public")
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


async def test_what_was_revoked_is_not_let_again(scene: Scene) -> None:
    mine = await ours(scene, quote_approval_policy="public")
    note = await _quote_request(scene, mine)
    [quoting] = (await scene.anna.get(f"/api/v1/statuses/{mine['id']}/quotes")).json()
    await scene.anna.post(f"/api/v1/statuses/{mine['id']}/quotes/{quoting['id']}/revoke")
    await scene.world.settle()
    scene.y.received.clear()
    again = scene.y.activity("QuoteRequest", scene.yan, mine["uri"], 9, instrument=note["id"])
    await scene.send(scene.y, again)
    assert (sent(scene.y, "Accept"), len(sent(scene.y, "Reject"))) == ([], 1)
    assert (await scene.anna.get(f"/api/v1/statuses/{mine['id']}/quotes")).json() == []
