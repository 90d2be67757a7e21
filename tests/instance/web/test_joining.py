"""Joining in all its ways, the recovery card, signing in with a second step, getting in again."""

import httpx
import pyotp
import pytest

from instance.auth import invitations, registration
from instance.clock import MINUTE
from tests.instance.web.conftest import MakeGuest
from tests.support.guest import PASSWORD
from tests.support.world import World


async def test_open_sign_up_shows_the_card_once_and_leads_home(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.get("/sign-up")
    page = await mira.send("/sign-up", name="Mira", password=PASSWORD)
    codes = [item.text_content() for item in page.xpath("//ol[@class='codes']/li")]
    assert len(set(codes)) == 10
    again = await mira.get("/recovery-card")
    assert codes == [item.text_content() for item in again.xpath("//ol[@class='codes']/li")]
    await mira.send("/recovery-card")
    assert "Welcome" in mira.says()
    await mira.get("/recovery-card")
    assert mira.path == "/"


async def test_the_card_is_gone_after_a_quarter_of_an_hour(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.get("/sign-up")
    await mira.send("/sign-up", name="mira", password=PASSWORD)
    world.clock.turn(16 * MINUTE)
    await mira.get("/recovery-card")
    assert mira.path == "/"


async def test_a_refused_form_keeps_what_was_typed(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.get("/sign-up")
    page = await mira.send("/sign-up", status=422, name="Mira by the sea", password="short", email="m@x.example")
    assert page.get_element_by_id("name").value == "Mira by the sea"
    assert page.get_element_by_id("email").value == "m@x.example"
    assert not page.get_element_by_id("password").value
    assert page.get_element_by_id("password").get("aria-invalid") == "true"
    page = await mira.send("/sign-up", status=422, name="Mira by the sea", password=PASSWORD)
    assert page.get_element_by_id("name").get("aria-invalid") == "true"
    assert "Choose a name" in mira.says()


async def test_a_form_from_elsewhere_is_refused(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    fields = {"name": "mira", "password": PASSWORD, "csrf": "made.up"}
    assert (await mira.client.post("/sign-up", data=fields)).status_code == 403
    await mira.join("mira")
    assert (await mira.client.post("/posts", data={"text": "hello", "csrf": "made.up"})).status_code == 403
    assert (await mira.client.post("/posts", data={"text": "hello"})).status_code == 403
    assert (await mira.client.post("/auth/sign_out")).status_code == 403


async def test_a_form_word_of_another_instance_is_not_taken(world: World, guest: MakeGuest) -> None:
    one, other = await world.instance("a.example"), await world.instance("b.example")
    there = guest(other)
    await there.get("/sign-up")
    (cookie,) = there.client.cookies.jar
    here = httpx.AsyncClient(transport=httpx.ASGITransport(one.asgi), base_url="https://a.example")
    here.cookies.set(cookie.name, cookie.value or "", domain="a.example")
    fields = {"name": "mira", "password": PASSWORD, "csrf": cookie.value}
    assert (await here.post("/sign-up", data=fields)).status_code == 403
    await here.aclose()


async def test_approval_asks_a_question_and_a_steward_decides(world: World, guest: MakeGuest) -> None:
    running = await world.instance(SKERRY_REGISTRATION="approval")
    link = await running.house.store.unit(registration.setup_link)
    assert link
    steward = guest(running)
    await steward.get(link.removeprefix(running.house.site.base_url))
    await steward.send(name="stella", password=PASSWORD)
    await steward.send("/recovery-card")

    mira, tom = guest(running), guest(running)
    for one, name in ((mira, "mira"), (tom, "tom")):
        await one.get("/sign-up")
        await one.send("/sign-up", status=422, name=name, password=PASSWORD)
        await one.send("/sign-up", name=name, password=PASSWORD, answer=f"My sister told me <b>{name}</b>.")
        await one.send("/recovery-card")
        assert "with the stewards" in one.text
        await one.get("/auth/sign_in")
        await one.send("/auth/sign_in", status=422, name=name, password=PASSWORD)
        assert "waits" in one.says()
    await steward.get("/steward")
    assert "My sister told me <b>mira</b>." in steward.text
    form = steward.page.xpath("//li[contains(., '@mira')]//form[.//input[@value='yes']]")[0]
    await steward.send("/steward/answer", at=f"login={form.inputs['login'].value}")
    form = steward.page.xpath("//li[contains(., '@tom')]//form[.//input[@value='no']]")[0]
    data = dict(form.form_values())
    await steward._land(await steward.client.post("/steward/answer", data=data), 200)
    await mira.get("/auth/sign_in")
    await mira.send("/auth/sign_in", name="mira", password=PASSWORD)
    assert mira.page.xpath("//h1")[0].text == "Home"
    await tom.get("/auth/sign_in")
    await tom.send("/auth/sign_in", status=422, name="tom", password=PASSWORD)


async def test_the_setup_link_works_once(world: World, guest: MakeGuest) -> None:
    running = await world.instance(SKERRY_REGISTRATION="invitation")
    link = await running.house.store.unit(registration.setup_link)
    assert link
    path = link.removeprefix(running.house.site.base_url)
    late = guest(running)
    await late.get(path)
    first = guest(running)
    await first.get(path)
    await first.get(path)
    await first.send(name="stella", password=PASSWORD)
    await first.send("/recovery-card")
    await first.get("/steward")
    await late.send(status=422, name="eve", password=PASSWORD)
    assert (await guest(running).get(path)).xpath("//h1")[0].text == "Joining needs an invitation"


async def test_invitation(world: World, guest: MakeGuest) -> None:
    running = await world.instance(SKERRY_REGISTRATION="invitation")
    mira = guest(running)
    await mira.get("/sign-up")
    assert "needs an invitation" in mira.text
    made = await running.house.store.unit(invitations.create)
    path = made.url.removeprefix(running.house.site.base_url)
    await mira.get(path)
    await mira.get(path)
    await mira.send(name="mira", password=PASSWORD)
    await mira.send("/recovery-card")
    assert (await guest(running).get(path)).xpath("//h1")[0].text == "Joining needs an invitation"


async def test_second_step(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.join("mira")
    await mira.get("/settings/second-factor")
    await mira.send("/settings/second-factor/begin")
    secret = mira.page.xpath("//code")[0].text
    picture = await mira.client.get("/settings/second-factor/picture.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    await mira.send("/settings/second-factor", status=422, code="000000")
    await mira.send("/settings/second-factor", code=pyotp.TOTP(secret).now())
    assert "on from now on" in mira.says()
    await mira.send("/auth/sign_out")
    await mira.send("/auth/sign_in", name="mira", password=PASSWORD)
    assert "One more step" in mira.text
    await mira.send("/auth/sign_in/code", status=422, code="123")
    world.clock.turn(0)
    totp = pyotp.TOTP(secret)
    later = totp.at(running.house.site.clock.wire() // 1000 + 30)
    await mira.send("/auth/sign_in/code", code=later)
    assert mira.page.xpath("//h1")[0].text == "Home"


async def test_getting_in_again_with_the_card(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.get("/sign-up")
    page = await mira.send("/sign-up", name="mira", password=PASSWORD)
    code = page.xpath("//ol[@class='codes']/li")[0].text_content()
    other = guest(running)
    await other.get("/auth/reset")
    new = "quiet moss and paper"
    await other.send("/auth/reset", status=422, name="mira", code="aaaa-bbbb-cccc", password=new)
    await other.send("/auth/reset", name="mira", code=code, password=new)
    await other.send("/auth/sign_in", status=422, name="mira", password=PASSWORD)
    await other.send("/auth/sign_in", name="mira", password=new)
    assert other.page.xpath("//h1")[0].text == "Home"
    await mira.get("/settings")
    assert mira.path.startswith("/auth/sign_in")


@pytest.mark.parametrize("path", ["/settings", "/settings/apps", "/steward", "/groups/new"])
async def test_members_pages_lead_to_sign_in_and_back(world: World, guest: MakeGuest, path: str) -> None:
    running = await world.instance()
    await guest(running).join("mira")
    other = guest(running)
    await other.get(path)
    assert other.path.startswith("/auth/sign_in?next=")
    hidden = path in {"/steward", "/groups/new"}
    await other.send("/auth/sign_in", status=404 if hidden else 200, name="mira", password=PASSWORD)
    assert other.path == path


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_nobody_is_sent_elsewhere_after_signing_in(world: World, guest: MakeGuest, where: str) -> None:
    running = await world.instance()
    await guest(running).join("mira")
    other = guest(running)
    await other.get("/auth/sign_in")
    await other.send("/auth/sign_in", name="mira", password=PASSWORD, next=where)
    assert other.path == "/"
