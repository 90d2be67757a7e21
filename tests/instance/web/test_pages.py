"""Writing, reading, groups and settings through pages."""

import io
from typing import Any

import pyotp
import pytest
from PIL import Image
from sqlalchemy import update

from instance.auth import oauth, registration
from instance.auth.apps import register_app
from instance.db.people import account, login
from instance.db.unit import Unit
from instance.people import accounts
from instance.web.account.authorize import leads_to
from tests.instance.web.conftest import MakeGuest
from tests.support.guest import PASSWORD, Guest
from tests.support.world import Running, World


def _make_steward(u: Unit, name: str) -> None:
    row = accounts.by_name(u.connection, name)
    assert row is not None
    u.connection.execute(update(login).where(login.c.account_id == row.id).values(role="steward"))


async def _circle(running: Running, guest: MakeGuest) -> Guest:
    """Stella, a steward, who has started the group @circle."""
    stella = guest(running)
    await stella.join("stella")
    await running.house.store.unit(_make_steward, "stella")
    await stella.get("/groups/new")
    await stella.send("/groups/new", display_name="Circle", name="circle", bio="Tea and talk", rules="1. Be kind.")
    return stella


async def test_a_post_reaches_followers_and_nobody_else(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira, tom, eve = guest(running), guest(running), guest(running)
    for one, name in ((mira, "mira"), (tom, "tom"), (eve, "eve")):
        await one.join(name)
    await tom.get("/@mira")
    await tom.send("/@mira/join")
    await mira.get("/")
    await mira.send("/posts", text="The swallows are back <b>today</b>.")
    assert "It is sent" in mira.says()
    path = mira.page.xpath("//span[@class='when']/a/@href")[0]
    await tom.get("/")
    assert "The swallows are back <b>today</b>." in tom.text
    await tom.get(path)
    assert "The people who follow mira, and those named in it" in tom.text
    await eve.get("/@mira")
    assert "swallows" not in eve.text
    await eve.get(path, 404)
    await guest(running).get(path, 404)


async def test_public_by_mistake_is_not_published(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.join("mira")
    form: Any = mira.page.xpath("//form[@action='/posts']")[0]
    data = dict(form.form_values()) | {"text": "It is in the family.", "visibility": "public"}
    response = await mira.client.post("/posts", data=data)
    assert response.headers["location"] == "/?done=narrowed"
    assert "It is in the family." not in (await guest(running).client.get("/@mira")).text
    await mira.get("/settings/privacy")
    await mira.send("/settings/privacy", public_posting="1")
    await mira.get("/")
    await mira.send("/posts", text="Out in the open.", visibility="public")
    assert "Out in the open." in (await guest(running).client.get("/@mira")).text


async def test_reply_marks_and_delete(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.join("mira")
    await mira.send("/posts", text="First.", summary="In front")
    path = mira.page.xpath("//span[@class='when']/a/@href")[0]
    post_id = path.rpartition("/")[2]
    await mira.get(path)
    assert mira.page.xpath("//details/summary")[0].text == "In front"
    await mira.send(path, status=422, text="   ")
    assert "Write something first" in mira.says()
    await mira.send(path, text="Second.")
    assert [one.text_content() for one in mira.page.xpath("//div[@class='words']/p")] == ["First.", "Second."]
    for deed, back in (("favourite", "unfavourite"), ("bookmark", "unbookmark"), ("boost", "unboost")):
        await mira.send(f"/posts/{post_id}/{deed}")
        await mira.get(path)
        await mira.send(f"/posts/{post_id}/{back}")
        await mira.get(path)
    await mira.get(f"/posts/{post_id}/delete")
    assert "can't be brought back" in mira.text
    await mira.send(f"/posts/{post_id}/delete")
    assert "deleted" in mira.says()
    await mira.get(path, 404)
    tom = guest(running)
    await tom.join("tom")
    await tom.get(f"/posts/{post_id}/delete", 404)


async def test_picture_with_description(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.join("mira")
    buffer = io.BytesIO()
    Image.new("RGB", (600, 400), "navy").save(buffer, "PNG")
    form: Any = mira.page.xpath("//form[@action='/posts']")[0]
    data = dict(form.form_values()) | {"text": "Night.", "description": "A dark blue sky"}
    files = {"picture": ("a name that tells.png", buffer.getvalue(), "image/png")}
    assert (await mira.client.post("/posts", data=data, files=files)).status_code == 303
    await mira.get("/")
    picture = mira.page.xpath("//div[@class='pictures']//img")[0]
    assert picture.get("alt") == "A dark blue sky"
    assert "tells" not in picture.get("src")
    response = await mira.client.get(picture.get("src"))
    assert response.headers["content-type"].startswith("image/")
    files = {"picture": ("x.png", b"no picture at all", "image/png")}
    refused = await mira.client.post("/posts", data=data, files=files)
    assert refused.status_code == 422
    assert "Night." in refused.text


async def test_group_take_part_write_leave(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    await _circle(running, guest)
    tom, stranger = guest(running), guest(running)
    await tom.join("tom")
    await tom.get("/groups")
    assert "Circle" in tom.text
    await tom.get("/@circle")
    assert not tom.page.xpath("//textarea")
    await tom.send("/@circle/join")
    await tom.send("/@circle", text="Good morning, all.")
    await world.settle()
    await stranger.get("/@circle")
    assert "Good morning, all." in stranger.text
    assert "1. Be kind." in stranger.text
    await tom.send("/@circle/leave")
    assert not tom.page.xpath("//textarea")


async def test_moderator_lets_through_and_refuses(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    stella = await _circle(running, guest)
    eve = guest(running)
    await eve.join("eve")
    await eve.get("/settings/privacy")
    await eve.send("/settings/privacy", public_posting="1")
    for text in ("@circle May I ask?", "@circle Buy this."):
        await eve.get("/")
        await eve.send("/posts", text=text, visibility="public")
    await eve.get("/@circle")
    assert "Waiting for you" not in eve.text
    await stella.get("/@circle")
    assert "May I ask?" in stella.text
    waiting = stella.page.xpath("//h2[@id='waiting']/following-sibling::ul[1]/li")
    assert len(waiting) == 2
    item = waiting[0].xpath(".//input[@name='item']/@value")[0]
    await stella.send("/let-through", at=f"item={item}")
    await stella.send("/refuse")
    assert "Nothing waits for you" in stella.text
    await world.settle()
    visitor = guest(running)
    await visitor.get("/@circle")
    assert "May I ask?" in visitor.text
    assert "Buy this." not in visitor.text
    response = await eve.client.post("/@circle/let-through", data={"csrf": _csrf(eve), "item": item})
    assert response.status_code == 403


def _csrf(one: Guest) -> str:
    return str(one.page.xpath("//input[@name='csrf']/@value")[0])


async def test_profile_settings(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.join("mira")
    await mira.get("/settings/profile")
    await mira.send("/settings/profile", status=422, display_name="x" * 101, bio="kept")
    assert mira.page.get_element_by_id("bio").value.strip() == "kept"
    await mira.send(
        "/settings/profile", display_name="Mira", bio="I <i>like</i> tea.", label0="Home", value0="https://b.example/"
    )
    assert mira.page.get_element_by_id("display_name").value == "Mira"
    page = await guest(running).get("/@mira")
    assert page.xpath("//h1")[0].text_content() == "Mira"
    link = page.xpath("//dd//a")[0]
    assert {"nofollow", "noopener", "noreferrer", "ugc"} <= set(link.get("rel").split())
    assert page.xpath("//meta[@name='robots']")
    await mira.get("/settings/privacy")
    await mira.send("/settings/privacy", indexable="1")
    assert not (await guest(running).get("/@mira")).xpath("//meta[@name='robots']")


async def test_password_sessions_apps_language(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira, phone = guest(running), guest(running)
    await mira.join("mira")
    await phone.get("/auth/sign_in")
    await phone.send("/auth/sign_in", name="@mira", password=PASSWORD)
    await mira.get("/settings/sessions")
    assert len(mira.page.xpath("//ul[@class='list']/li")) == 2
    await mira.send("/settings/sessions", at="session=others")
    await phone.get("/settings")
    assert phone.path.startswith("/auth/sign_in")
    await mira.get("/settings/password")
    await mira.send("/settings/password", status=422, password="wrong wrong", new_password="quiet moss and paper")
    await mira.send("/settings/password", password=PASSWORD, new_password="quiet moss and paper")
    await mira.get("/settings/language")
    await mira.send("/settings/language", status=422, time_zone="Atlantis/Centre")
    await mira.send("/settings/language", locale="de", time_zone="Europe/Berlin")
    assert mira.page.get("lang") == "de"
    clock = mira.page.xpath("//time")[0].text_content()
    assert "MEZ" in clock or "MESZ" in clock


async def test_apps_are_listed_and_ended(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.join("mira")
    app = await running.house.store.unit(register_app, "Seagull", ["myapp://callback"], "read write", None)
    query = f"response_type=code&client_id={app.client_id}&redirect_uri=myapp://callback&scope=read+write&state=x%26y"
    response = await mira.client.get(f"/oauth/authorize?{query}")
    assert "form-action 'self' myapp:" in response.headers["content-security-policy"]
    await mira.get(f"/oauth/authorize?{query}")
    assert "Seagull" in mira.text
    form: Any = mira.page.xpath("//form[.//input[@name='answer' and @value='yes']]")[0]
    granted = await mira.client.post("/oauth/authorize", data=dict(form.form_values()))
    assert granted.headers["location"].startswith("myapp://callback?code=")
    assert "state=x%26y" in granted.headers["location"]
    form = mira.page.xpath("//form[.//input[@name='answer' and @value='no']]")[0]
    denied = await mira.client.post("/oauth/authorize", data=dict(form.form_values()))
    assert denied.headers["location"].startswith("myapp://callback?error=access_denied")
    code = granted.headers["location"].split("code=")[1].split("&")[0]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "myapp://callback"}
    await running.house.store.unit(oauth.exchange, fields, app.client_id, app.client_secret)
    await mira.get("/settings/apps")
    assert "Seagull" in mira.text
    await mira.send("/settings/apps")
    assert "Seagull" not in mira.text


@pytest.mark.parametrize(
    ("client_id", "redirect"), [("unknown", "myapp://callback"), ("known", "https://evil.example/")]
)
async def test_an_unknown_app_or_address_sends_nobody_anywhere(
    world: World, guest: MakeGuest, client_id: str, redirect: str
) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.join("mira")
    app = await running.house.store.unit(register_app, "Seagull", ["myapp://callback"], "read", None)
    known = app.client_id if client_id == "known" else client_id
    query = f"response_type=code&client_id={known}&redirect_uri={redirect}&scope=read"
    response = await mira.client.get(f"/oauth/authorize?{query}")
    assert response.status_code in {400, 401}
    assert "location" not in response.headers


async def test_erase_the_account(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.join("mira")
    await mira.get("/settings/delete")
    await mira.send("/settings/delete", status=422, password=PASSWORD)
    await mira.send("/settings/delete", status=422, password="wrong wrong", sure="1")
    await mira.send("/settings/delete", password=PASSWORD, sure="1")
    assert "erased" in mira.says()
    await guest(running).get("/@mira", 404)


async def test_steward_invites_and_helps_in(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    stella = await _circle(running, guest)
    mira = guest(running)
    await mira.join("mira")
    await mira.get("/steward", 404)
    await stella.get("/steward")
    await stella.send("/steward/invite", status=422, uses="0")
    await stella.send("/steward/invite", uses="3")
    link = stella.page.xpath("//code")[0].text
    newcomer = guest(running)
    await newcomer.get(link.removeprefix("https://a.example"))
    await stella.send("/steward/reset", status=422, name="nobody")
    await stella.send("/steward/reset", name="mira")
    link = stella.page.xpath("//code")[0].text.removeprefix("https://a.example")
    await mira.send("/auth/sign_out") if mira.page.forms else None
    other = guest(running)
    await other.get(link)
    await other.send(password="quiet moss and paper")
    await other.send("/auth/sign_in", name="mira", password="quiet moss and paper")
    assert other.page.xpath("//h1")[0].text == "Home"
    await guest(running).get(link, 404)


async def test_a_page_of_a_suspended_account_is_absent(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    await guest(running).join("mira")

    def suspend(u: Unit) -> None:
        row = accounts.by_name(u.connection, "mira")
        assert row is not None
        u.connection.execute(update(account).where(account.c.id == row.id).values(suspended_at=u.now))

    await running.house.store.unit(suspend)
    await guest(running).get("/@mira", 404)


async def test_who_decides_about_each_follower_is_asked(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira, tom, eve = guest(running), guest(running), guest(running)
    for one, name in ((mira, "mira"), (tom, "tom"), (eve, "eve")):
        await one.join(name)
    await mira.get("/settings/privacy")
    await mira.send("/settings/privacy", locked="1")
    for one in (tom, eve):
        await one.get("/@mira")
        await one.send("/@mira/join")
        assert "You have asked" in one.text
    await mira.get("/")
    assert "2 people ask to follow you" in mira.text
    await mira.get("/requests")
    await mira.send("/requests", at="answer=yes")
    await mira.send("/requests", at="answer=no")
    assert "Nobody asks" in mira.text
    states = []
    for one in (tom, eve):
        await one.get("/@mira")
        states.append("Stop following" in one.text)
    assert sorted(states) == [False, True]


async def test_a_steward_in_production_has_no_desk_without_a_second_step(world: World, guest: MakeGuest) -> None:
    running = await world.instance(
        SKERRY_MODE="production", SKERRY_CONTACT_EMAIL="stella@a.example", SKERRY_REGISTRATION="invitation"
    )
    link = await running.house.store.unit(registration.setup_link)
    assert link
    stella = guest(running)
    await stella.get(link.removeprefix("https://a.example"))
    await stella.send(name="stella", password=PASSWORD)
    await stella.send("/recovery-card")
    assert "needs a second step" in stella.text
    await stella.get("/steward", 404)
    await stella.get("/settings/second-factor")
    await stella.send("/settings/second-factor/begin")
    secret = stella.page.xpath("//code")[0].text
    await stella.send("/settings/second-factor", code=pyotp.TOTP(secret).now())
    await stella.get("/steward")
    assert "Nobody waits" in stella.text


@pytest.mark.parametrize(
    ("redirect", "allowed"),
    [
        ("https://phanpy.social/", "https://phanpy.social"),
        ("http://127.0.0.1:9000/cb", "http://127.0.0.1:9000"),
        ("myapp://callback", "myapp:"),
        ("https://例え.example/cb", "https:"),
        ("https://x.example;img-src/cb", "https:"),
        ("https://user:word@x.example/cb", "https:"),
        ("urn:ietf:wg:oauth:2.0:oob", "urn:"),
    ],
)
def test_where_the_form_of_an_app_may_lead(redirect: str, allowed: str) -> None:
    assert leads_to(redirect) == allowed


async def test_an_app_with_a_foreign_script_in_its_address(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.join("mira")
    app = await running.house.store.unit(register_app, "Seagull", ["https://例え.example/cb"], "read", None)
    query = {"response_type": "code", "client_id": app.client_id, "redirect_uri": "https://例え.example/cb"}
    assert (await mira.client.get("/oauth/authorize", params=query)).status_code == 200
