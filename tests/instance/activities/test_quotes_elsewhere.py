"""Quotes for those who know none: a line of words with a link, in ours, and taken out of others' where the quote is shown."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from instance.sanitise import clean, without_quote
from tests.instance.activities.scene import Scene, sent
from tests.journeys.walk import seen, write
from tests.support.peer import PUBLIC

PAGE = "https://x.example/@xeno/1"
RE = f'<p class="quote-inline">RE: <a href="{PAGE}">{PAGE}</a></p>'


async def _ours(scene: Scene, text: str = "Mine", **terms: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A quote of ours of xeno's post, and what is asked about it."""
    await scene.post(1, "Quotable", url=PAGE, **scene.rules(canQuote=([PUBLIC], [])))
    target = await seen(scene.anna, "Quotable")
    given = {"visibility": "public", "quoted_status_id": target["id"]} | terms
    made = await write(scene.world, scene.anna, text, **given)
    return made, sent(scene.x, "QuoteRequest")[-1]


async def test_a_quote_of_ours_says_in_words_what_it_quotes(scene: Scene) -> None:
    """Mastodon's form: the page, in a paragraph that who knows quotes leaves out; FEP-e232 and the older terms after the yes."""
    made, asks = await _ours(scene, "Mine **too**", content_type="text/markdown", language="en")
    served = (await scene.z.get(scene.here, made["uri"], scene.evil)).json()
    assert served["content"].startswith(f"{RE}<p>Mine")
    assert served["contentMap"] == {"en": served["content"]}
    assert served["source"]["content"] == f"RE: {PAGE}\n\nMine **too**"
    assert served["tag"] == []
    stamp = scene.stamp(1, made["uri"], asks["object"], kind="Quote")
    request = {name: asks[name] for name in ("id", "type", "actor", "object")} | {"instrument": made["uri"]}
    await scene.send(scene.x, scene.x.activity("Accept", scene.xeno, request, 2, result=stamp))
    served = (await scene.z.get(scene.here, made["uri"], scene.evil)).json()
    assert served["content"].startswith(RE)
    assert {served[term] for term in ("quote", "quoteUri", "quoteUrl", "_misskey_quote")} == {asks["object"]}
    [link] = served["tag"]
    assert (link["type"], link["href"], link["name"]) == ("Link", asks["object"], f"RE: {PAGE}")
    assert link["rel"].endswith("_misskey_quote")
    shown = (await scene.anna.get(f"/api/v1/statuses/{made['id']}")).json()
    assert "RE:" not in shown["content"]
    source = (await scene.anna.get(f"/api/v1/statuses/{made['id']}/source")).json()
    assert "RE:" not in source["text"]


async def test_a_link_that_is_in_the_words_is_not_said_twice(scene: Scene) -> None:
    made, _ = await _ours(scene, f"See {PAGE} there")
    served = (await scene.z.get(scene.here, made["uri"], scene.evil)).json()
    assert served["content"].count(f'href="{PAGE}"') == 1
    assert "quote-inline" not in served["content"]


async def test_what_may_not_be_quoted_is_not_named(scene: Scene) -> None:
    made, asks = await _ours(scene)
    request = {name: asks[name] for name in ("id", "type", "actor", "object")} | {"instrument": made["uri"]}
    await scene.send(scene.x, scene.x.activity("Reject", scene.xeno, request, 2))
    served = (await scene.z.get(scene.here, made["uri"], scene.evil)).json()
    assert "quote" not in served
    assert "RE:" not in served["content"]


FORMS = {
    "Mastodon": '<p class="quote-inline">RE: <a href="{0}" target="_blank" rel="nofollow noopener" class="">'
    '<span class="invisible">https://</span><span class="ellipsis">x.example/@xeno/1</span></a></p><p>Quoting</p>',
    "Misskey": '<p>Quoting<span class="quote-inline"><br><br>RE: <a href="{0}">{0}</a></span></p>',
    "Pleroma": '<p>Quoting</p><span class="quote-inline"><br/><br/>RE: <a href="{0}">{0}</a></span>',
    "Hollo": '<p>Quoting</p><p class="quote-inline">RE: <a href="{0}"><span>{0}</span></a></p>',
}


@pytest.mark.parametrize("form", FORMS)
async def test_the_words_go_where_the_quote_is_shown(scene: Scene, form: str) -> None:
    note = await scene.post(1, "Quotable")
    content = FORMS[form].format(PAGE)
    stamp = scene.stamp(1, f"{scene.yan}/statuses/6", note["id"], kind="Quote")
    given = {"quote": note["id"], "quoteAuthorization": stamp}
    for number, terms in ((6, given), (7, {"quote": note["id"]})):
        made = scene.y.note(scene.yan, number, content.replace("Quoting", f"Quoting {number}"), **terms)
        await scene.send(scene.y, scene.y.activity("Create", scene.yan, made, number))
    shown, waits = await seen(scene.anna, "Quoting 6"), await seen(scene.anna, "Quoting 7")
    assert shown["quote"]["state"] == "accepted"
    assert "RE:" not in shown["content"]
    assert PAGE not in shown["content"]
    assert waits["quote"]["state"] == "pending"
    assert f'href="{PAGE}"' in waits["content"]
    await scene.send(scene.x, scene.x.activity("Delete", scene.xeno, stamp, 1))
    now = (await scene.anna.get(f"/api/v1/statuses/{shown['id']}")).json()
    assert f'href="{PAGE}"' in now["content"]


def test_nothing_else_is_taken_out() -> None:
    for html in (
        "<p>RE: <a href='https://x.example/1'>one</a></p>",
        '<p class="other">RE: mine</p>',
        '<p>Before</p><span class="quote-inline">open',
        "quote-inline",
    ):
        cleaned = clean(html)
        assert "RE" not in cleaned or "RE" in without_quote(cleaned)
    many = clean('<span class="quote-inline">' * 3000 + "x")
    assert without_quote(many) is not None


async def test_the_point_of_a_picture_to_keep_in_view_goes_along(scene: Scene) -> None:
    """focalPoint, out and in."""
    picture = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(picture, "PNG")
    given = {"file": ("sea.png", picture.getvalue(), "image/png")}
    media = await scene.anna.post("/api/v2/media", files=given, data={"focus": "-0.4,0.75"})
    await scene.world.settle()
    made = await write(scene.world, scene.anna, "A walk", visibility="public", media_ids=[media.json()["id"]])
    served = (await scene.z.get(scene.here, made["uri"], scene.evil)).json()
    [file] = served["attachment"]
    assert file["focalPoint"] == [-0.4, 0.75]
    terms = next(item for item in served["@context"] if isinstance(item, dict))
    assert terms["focalPoint"] == {"@id": "toot:focalPoint", "@container": "@list"}
    theirs = scene.x.note(scene.xeno, 9, "<p>Theirs</p>", attachment=[file])
    await scene.send(scene.x, scene.x.activity("Create", scene.xeno, theirs, 9))
    [shown] = (await seen(scene.anna, "Theirs"))["media_attachments"]
    assert shown["meta"]["focus"] == {"x": -0.4, "y": 0.75}
