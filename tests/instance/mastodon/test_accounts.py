"""Accounts through the client API: credentials, profile, looking up, relations."""

from tests.instance.media.pictures import picture
from tests.support.make import member
from tests.support.world import World


async def test_credentials_and_profile(world: World) -> None:
    a = await world.instance()
    ann = await member(a, "ann")
    me = (await ann.get("/api/v1/accounts/verify_credentials")).json()
    assert (me["username"], me["acct"], me["url"]) == ("ann", "ann", "https://a.example/@ann")
    assert me["source"]["privacy"] == "private"
    assert me["avatar"] == "https://a.example/media/avatar/missing.png"
    form = {
        "display_name": "Ann B",
        "note": "Sea and stones",
        "locked": "true",
        "fields_attributes[0][name]": "Home",
        "fields_attributes[0][value]": "https://ann.example",
        "fields_attributes[1][name]": "",
        "fields_attributes[1][value]": "",
        "source[language]": "de",
        "source[sensitive]": "true",
    }
    answer = await ann.patch(
        "/api/v1/accounts/update_credentials", data=form, files={"avatar": ("me.png", picture("PNG"), "image/png")}
    )
    assert answer.status_code == 200, answer.text
    new = answer.json()
    assert (new["display_name"], new["locked"], new["source"]["language"]) == ("Ann B", True, "de")
    assert new["source"]["note"] == "Sea and stones"
    assert [field["name"] for field in new["fields"]] == ["Home"]
    assert "/media/p" in new["avatar"]
    assert (await a.client.get(new["avatar"])).status_code == 200
    listed = {"fields_attributes": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    again = (await ann.patch("/api/v1/accounts/update_credentials", json=listed)).json()
    assert [field["value"] for field in again["source"]["fields"]] == ["1", "2"]
    bare = (await ann.delete("/api/v1/profile/avatar")).json()
    assert bare["avatar"].endswith("missing.png")
    assert (await a.client.get(new["avatar"])).status_code == 404


async def test_a_default_audience_is_never_wider_than_allowed(world: World) -> None:
    a = await world.instance()
    ann, bea = await member(a, "ann"), await member(a, "bea", public=True)
    for who, told in ((ann, "private"), (bea, "public")):
        await who.patch("/api/v1/accounts/update_credentials", json={"source": {"privacy": "public"}})
        assert (await who.get("/api/v1/preferences")).json()["posting:default:visibility"] == told
    await ann.patch("/api/v1/accounts/update_credentials", json={"source": {"privacy": "direct"}})
    assert (await ann.get("/api/v1/preferences")).json()["posting:default:visibility"] == "direct"


async def test_who_follows_whom_is_her_own_business(world: World) -> None:
    a = await world.instance()
    ann, bea, cleo = [await member(a, name) for name in ("ann", "bea", "cleo")]
    assert (await ann.post(f"/api/v1/accounts/{bea.account_id}/follow")).json()["following"]
    for path, owner in (("following", ann), ("followers", bea)):
        address = f"/api/v1/accounts/{owner.account_id}/{path}"
        assert len((await owner.get(address)).json()) == 1
        assert (await cleo.get(address)).json() == []
        assert (await a.client.get(address)).json() == []


async def test_locked_accounts_answer_requests(world: World) -> None:
    a = await world.instance()
    ann, bea = await member(a, "ann"), await member(a, "bea")
    await bea.patch("/api/v1/accounts/update_credentials", json={"locked": True})
    asked = (await ann.post(f"/api/v1/accounts/{bea.account_id}/follow", json={"reblogs": False})).json()
    assert (asked["requested"], asked["following"]) == (True, False)
    assert [who["id"] for who in (await bea.get("/api/v1/follow_requests")).json()] == [str(ann.account_id)]
    told = (await bea.get("/api/v1/notifications")).json()
    assert [notification["type"] for notification in told] == ["follow_request"]
    answer = (await bea.post(f"/api/v1/follow_requests/{ann.account_id}/authorize")).json()
    assert answer["followed_by"]
    relation = (await ann.get(f"/api/v1/accounts/relationships?id={bea.account_id}")).json()[0]
    assert (relation["following"], relation["showing_reblogs"]) == (True, False)
    gone = (await bea.post(f"/api/v1/accounts/{ann.account_id}/remove_from_followers")).json()
    assert not gone["followed_by"]


async def test_blocks_mutes_notes_and_domains(world: World) -> None:
    a = await world.instance()
    ann, bea = await member(a, "ann"), await member(a, "bea")
    base = f"/api/v1/accounts/{bea.account_id}"
    assert (await ann.post(f"{base}/block")).json()["blocking"]
    assert [who["username"] for who in (await ann.get("/api/v1/blocks")).json()] == ["bea"]
    assert (await bea.post(f"/api/v1/accounts/{ann.account_id}/follow")).status_code == 403
    assert not (await ann.post(f"{base}/unblock")).json()["blocking"]
    muted = (await ann.post(f"{base}/mute", data={"notifications": "false", "duration": "3600"})).json()
    assert (muted["muting"], muted["muting_notifications"]) == (True, False)
    assert muted["muting_expires_at"]
    assert (await ann.get("/api/v1/mutes")).json()[0]["mute_expires_at"] == muted["muting_expires_at"]
    assert not (await ann.post(f"{base}/unmute")).json()["muting"]
    assert (await ann.post(f"{base}/note", json={"comment": "met in May"})).json()["note"] == "met in May"
    await ann.post("/api/v1/domain_blocks", data={"domain": "b.example"})
    assert (await ann.get("/api/v1/domain_blocks")).json() == ["b.example"]
    await ann.delete("/api/v1/domain_blocks?domain=b.example")
    assert (await ann.get("/api/v1/domain_blocks")).json() == []


async def test_looking_up(world: World) -> None:
    a = await world.instance()
    ann, bea = await member(a, "ann"), await member(a, "bea")
    for acct in ("bea", "@bea", "bea@a.example", "BEA"):
        found = await a.client.get("/api/v1/accounts/lookup", params={"acct": acct})
        assert found.json()["id"] == str(bea.account_id)
    for acct in ("nobody", "bea@b.example", "", "a b"):
        assert (await a.client.get("/api/v1/accounts/lookup", params={"acct": acct})).status_code == 404
    found = await ann.get("/api/v1/accounts/search", params={"q": "bea"})
    assert [who["username"] for who in found.json()] == ["bea"]
    both = await ann.get(f"/api/v1/accounts?id[]={ann.account_id}&id[]={bea.account_id}&id[]=12")
    assert [who["username"] for who in both.json()] == ["ann", "bea"]
    for query in (f"id={ann.account_id}&id={bea.account_id}", f"id[]={ann.account_id}&id[]={bea.account_id}"):
        assert len((await ann.get(f"/api/v1/accounts/relationships?{query}")).json()) == 2
    for path in ("/api/v1/accounts/1", "/api/v1/accounts/x", "/api/v1/accounts/99999999999999999999999"):
        assert (await a.client.get(path)).status_code == 404


async def test_scopes_and_tokens(world: World) -> None:
    a = await world.instance()
    ann = await member(a, "ann", scopes="read:accounts")
    assert (await ann.get("/api/v1/accounts/verify_credentials")).status_code == 200
    answer = await ann.get("/api/v1/notifications")
    assert (answer.status_code, answer.json()["error"]) == (403, "This action is outside the authorized scopes")
    assert (await a.client.get("/api/v1/notifications")).status_code == 401
    wrong = {"Authorization": "Bearer nonsense"}
    answer = await a.client.get("/api/v1/accounts/verify_credentials", headers=wrong)
    assert (answer.status_code, answer.json()["error"]) == (401, "The access token is invalid")
