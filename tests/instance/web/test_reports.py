"""The page of reports: moderators read what was told, close it, suspend; to members there is no such page."""

from sqlalchemy import select

from instance.content import reports
from instance.content.reports import Complaint
from instance.db.people import account
from tests.instance.web.conftest import MakeGuest
from tests.support.make import member
from tests.support.members import member as acting
from tests.support.world import World


async def test_moderators_read_reports_close_them_and_suspend(world: World, guest: MakeGuest) -> None:
    a = await world.instance("a.example")
    anna, bella = await member(a, "anna", public=True), await acting(a, "bella")
    post = (await anna.post("/api/v1/statuses", json={"status": "Buy <b>this</b>"})).json()
    complaint = Complaint(anna.account_id, [int(post["id"])], comment="Pills & <i>more</i>")
    await a.house.store.unit(reports.file, bella.account_id, complaint)
    plain = guest(a)
    plain.client.cookies.update(bella.cookies)
    await plain.get("/steward/reports", 404)
    mod = await acting(a, "mod", role="moderator")
    browser = guest(a)
    browser.client.cookies.update(mod.cookies)
    await browser.get("/steward")
    assert "One report waits" in browser.text
    await browser.get("/steward/reports")
    for words in ("Pills & <i>more</i>", "Buy <b>this</b>", "@bella", "Anna"):
        assert words in browser.text
    await browser.send("/steward/reports/suspend")
    assert "is suspended" in browser.says()
    suspended = select(account.c.suspended_at).where(account.c.id == anna.account_id)
    assert await a.house.store.read(lambda c: c.execute(suspended).scalar())
    await browser.send("/steward/reports/suspend")
    assert not await a.house.store.read(lambda c: c.execute(suspended).scalar())
    await browser.send("/steward/reports")
    assert "Nothing waits." in browser.text
    await browser.get("/steward/reports?closed=1")
    await browser.send("/steward/reports")
    await browser.get("/steward/reports")
    assert "Pills" in browser.text


async def test_a_moderator_suspends_no_steward(world: World, guest: MakeGuest) -> None:
    a = await world.instance("a.example")
    who = {name: await acting(a, name, role=role) for name, role in (("mod", "moderator"), ("stella", "steward"))}
    suspended = select(account.c.suspended_at).where(account.c.id == who["stella"].account_id)
    for by, target, status in (("mod", "stella", 404), ("stella", "mod", 303)):
        form = {"csrf": who[by].csrf, "account": str(who[target].account_id)}
        browser = guest(a)
        browser.client.cookies.update(who[by].cookies)
        assert (await browser.client.post("/steward/reports/suspend", data=form)).status_code == status
    assert await a.house.store.read(lambda c: c.execute(suspended).scalar()) is None


async def test_a_number_that_no_id_can_be_is_absent(world: World, guest: MakeGuest) -> None:
    a = await world.instance("a.example")
    stella, large = await acting(a, "stella", role="steward"), "9" * 19
    browser = guest(a)
    browser.client.cookies.update(stella.cookies)
    for path in (f"/posts/{large}/moderate", f"/posts/{large}/delete", f"/@stella/{large}"):
        assert (await browser.client.get(path)).status_code == 404, path
    for path, name in (
        ("/approvals", "interaction"),
        ("/settings/severed", "severance"),
        ("/steward/reports", "report"),
    ):
        assert (await browser.client.post(path, data={"csrf": stella.csrf, name: large})).status_code == 404, path
    for ticked in (f"line-{large}", "line-" + "9" * 5000):
        form = {"csrf": stella.csrf, ticked: "1"}
        assert (await browser.client.post("/steward/advice/adopt", data=form)).status_code in {303, 422}
