"""Moderators' tools on our pages: take out with a reason, bring back, lock, pin, ban, moderators, name and rules, reports."""

from sqlalchemy import select

from instance.content import posts, reports
from instance.content.drafts import Draft
from instance.content.reports import Complaint
from instance.db.content import post
from instance.db.unit import Unit
from instance.people import accounts
from tests.instance.web.conftest import MakeGuest
from tests.instance.web.test_pages import _circle
from tests.support.guest import Guest
from tests.support.world import Running, World


async def _written(running: Running, guest: MakeGuest) -> tuple[Guest, Guest, str]:
    """Stella moderates @circle; Tom wrote there; the page on which his post is moderated."""
    stella, tom = await _circle(running, guest), guest(running)
    await tom.join("tom")
    await tom.get("/@circle")
    await tom.send("/@circle/join")
    await tom.send("/@circle", text="# Swallows\nThey are back.")
    assert "Swallows" in tom.page.xpath("//article//h3")[0].text_content()
    await stella.get("/@circle")
    [tools] = stella.page.xpath("//a[contains(@href, '/moderate')]/@href")
    return stella, tom, str(tools)


async def test_a_moderator_takes_a_post_out_and_brings_it_back(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    stella, tom, tools = await _written(running, guest)
    await stella.get(tools)
    await stella.send("/moderate", reason="Birds only on Sundays", at="deed=remove")
    assert "taken out of the group" in stella.says()
    await tom.get("/@circle")
    assert "They are back" not in tom.text
    await tom.get("/@tom")
    assert "Birds only on Sundays" in tom.text
    await stella.get("/@circle/manage")
    assert "Birds only on Sundays" in stella.text
    await stella.get(tools)
    await stella.send("/moderate", at="deed=restore")
    await tom.get("/@circle")
    assert "They are back" in tom.text


async def test_a_lock_and_a_pin(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    stella, tom, tools = await _written(running, guest)
    page = stella.page.xpath("//span[@class='when']/a/@href")[0]
    await stella.get(tools)
    await stella.send("/moderate", at="deed=lock")
    await tom.get(page)
    assert "locked by the group's moderators" in tom.text
    assert not [form for form in tom.page.forms if "text" in form.inputs]
    await stella.get(tools)
    await stella.send("/moderate", at="deed=pin")
    await tom.get("/@circle")
    assert "Pinned" in tom.text
    assert len(tom.page.xpath("//article")) == 1
    await stella.get(tools)
    await stella.send("/moderate", at="deed=unpin")
    await stella.send("/moderate", at="deed=unlock")
    await tom.get(page)
    await tom.send(page, text="So they are")
    assert "Your reply is sent" in tom.says()


async def test_a_ban_from_a_post_s_page(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    stella, tom, tools = await _written(running, guest)
    await stella.get(tools)
    await stella.send("/moderate", ends="7", reason="rude", removes="1", at="deed=ban")
    await tom.get("/@circle")
    assert "They are back" not in tom.text
    await tom.send("/@circle", 422, text="Why?")
    assert "banned you until" in tom.says()
    await stella.get("/@circle/manage")
    assert "rude" in stella.text
    await stella.send("/@circle/manage", at="deed=unban")
    await tom.get("/@circle")
    await tom.send("/@circle", text="Thank you")
    assert "sent" in tom.says()


async def test_moderators_name_and_rules(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    stella, tom, _ = await _written(running, guest)
    await tom.get("/@circle/manage", 404)
    await stella.get("/@circle/manage")
    await stella.send("/@circle/manage", handle="nobody", at="deed=appoint", status=422)
    await stella.send("/@circle/manage", handle="@tom", at="deed=appoint")
    await tom.get("/@circle/manage")
    await tom.send("/@circle/manage", display_name="Circle of birds", rules="1. Be kind.\n2. Birds.", at="deed=change")
    assert "Saved" in tom.says()
    await stella.get("/@circle")
    assert "Circle of birds" in stella.text
    assert "2. Birds." in stella.text
    await stella.get("/@circle/manage")
    tom_id = (await running.house.store.read(accounts.by_name, "tom")).id
    await stella.send("/@circle/manage", at=f"account={tom_id}")
    await tom.get("/@circle/manage", 404)


async def test_who_moderates_nothing_has_no_tools(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    _, tom, tools = await _written(running, guest)
    await tom.get(tools, 404)
    await tom.get("/@circle")
    assert not tom.page.xpath("//a[contains(@href, '/moderate')]")


async def test_a_report_reaches_the_group_s_moderators_with_no_letter_beside_it(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    stella, tom, _ = await _written(running, guest)
    mira = guest(running)
    await mira.join("mira")

    def file(u: Unit) -> None:
        by, about = accounts.by_name(u.connection, "mira"), accounts.by_name(u.connection, "tom")
        assert by is not None
        assert about is not None
        for visibility in ("direct", "followers"):
            posts.write(u, about.id, Draft(text=f"@mira Between us {visibility}", visibility=visibility))
        told = u.connection.execute(select(post.c.id).where(post.c.account_id == about.id)).scalars().all()
        reports.file(u, by.id, Complaint(about.id, told, comment="No birds, please"))

    await running.house.store.unit(file)
    await stella.get("/@circle/manage")
    assert "No birds, please" in stella.text
    assert "They are back" in stella.text
    assert "Between us" not in stella.text
    await stella.send("/@circle/manage", at="deed=close")
    assert "No birds, please" not in stella.text
    del tom
