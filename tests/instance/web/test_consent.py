"""Who may reply and quote, through pages: chosen when writing, asked, answered, taken back."""

from tests.instance.web.conftest import MakeGuest
from tests.journeys.walk import write
from tests.support.make import member
from tests.support.world import World


async def test_a_reply_is_looked_at_first(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira, tom, eve = guest(running), guest(running), guest(running)
    for one, name in ((mira, "mira"), (tom, "tom"), (eve, "eve")):
        await one.join(name)
    for one in (tom, eve):
        await one.get("/@mira")
        await one.send("/@mira/join")
    await eve.get("/@tom")
    await eve.send("/@tom/join")
    await mira.get("/")
    await mira.send("/posts", text="Ask me first", replies="asked")
    path = mira.page.xpath("//span[@class='when']/a/@href")[0]
    await tom.get(path)
    await tom.send(path, text="@mira may I?")
    assert "Others see it once the author of this post has said yes." in tom.says()
    await eve.get(path)
    assert "may I?" not in eve.text
    await mira.get("/")
    assert "1 thing waits for your yes." in mira.text
    await mira.get("/approvals")
    assert "wants to reply to your post" in mira.text
    assert "may I?" in mira.text
    await mira.send("/approvals", at="answer=yes")
    assert "You have said yes" in mira.says()
    assert "Nothing waits at the moment." in mira.text
    await eve.get(path)
    assert "may I?" in eve.text


async def test_a_refused_reply_says_so(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira, tom = guest(running), guest(running)
    for one, name in ((mira, "mira"), (tom, "tom")):
        await one.join(name)
    await tom.get("/@mira")
    await tom.send("/@mira/join")
    await mira.get("/settings/privacy")
    await mira.send("/settings/privacy", replies="asked", quotes="nobody")
    await mira.get("/")
    await mira.send("/posts", text="Ask me first")
    path = mira.page.xpath("//span[@class='when']/a/@href")[0]
    await tom.get(path)
    await tom.send(path, text="@mira may I?")
    await mira.get("/approvals")
    await mira.send("/approvals", at="answer=no")
    await tom.get(path)
    assert "has said no to it" in tom.text
    await mira.get(path)
    assert "may I?" not in mira.text


async def test_rules_are_changed_and_a_quote_is_taken_back(world: World, guest: MakeGuest) -> None:
    running = await world.instance()
    mira = guest(running)
    await mira.join("mira")
    await mira.get("/settings/privacy")
    await mira.send(
        "/settings/privacy", public_posting="1", default_visibility="public", replies="everyone", quotes="nobody"
    )
    await mira.get("/")
    await mira.send("/posts", text="Worth showing", visibility="public")
    path = mira.page.xpath("//span[@class='when']/a/@href")[0]
    ada = await member(running, "ada", public=True)
    post_id = path.rpartition("/")[2]
    refused = await ada.post("/api/v1/statuses", json={"status": "Look", "quoted_status_id": post_id})
    assert refused.status_code == 422
    await mira.get(path)
    await mira.send(f"/posts/{post_id}/rules", replies="nobody", quotes="public")
    assert "Saved." in mira.says()
    answer = await ada.post("/api/v1/statuses", json={"status": "But", "in_reply_to_id": post_id})
    assert answer.status_code == 422
    quote = await write(world, ada, "Look at this", visibility="public", quoted_status_id=post_id)
    await mira.get(path)
    assert "Posts that show yours" in mira.text
    await mira.get(f"/@ada/{quote['id']}")
    assert mira.page.xpath("//blockquote[@class='quoted']")
    await mira.get(path)
    await mira.send(f"/posts/{post_id}/unquote")
    assert "Taken back" in mira.says()
    await mira.get(f"/@ada/{quote['id']}")
    assert "does not want it any more" in mira.text
