"""Lists, markers, filters, followed hashtags, pushes, reports: kept truly."""

from sqlalchemy import select

from instance.db.content import report
from instance.groups import groups
from instance.people import follows
from tests.instance.media.pictures import picture
from tests.support.make import member
from tests.support.world import World


async def test_lists(world: World) -> None:
    a = await world.instance()
    ann, bea = await member(a, "ann"), await member(a, "bea")
    made = (await ann.post("/api/v1/lists", data={"title": "Friends", "exclusive": "true"})).json()
    assert (made["title"], made["replies_policy"], made["exclusive"]) == ("Friends", "list", True)
    path = f"/api/v1/lists/{made['id']}"
    assert (await bea.get(path)).status_code == 404
    assert (await ann.post(f"{path}/accounts", json={"account_ids": [str(bea.account_id)]})).status_code == 404
    await ann.post(f"/api/v1/accounts/{bea.account_id}/follow")
    assert (await ann.post(f"{path}/accounts", json={"account_ids": [str(bea.account_id)]})).json() == {}
    assert [who["username"] for who in (await ann.get(f"{path}/accounts")).json()] == ["bea"]
    assert [one["id"] for one in (await ann.get(f"/api/v1/accounts/{bea.account_id}/lists")).json()] == [made["id"]]
    assert (await ann.put(path, json={"title": "Near", "replies_policy": "none"})).json()["title"] == "Near"
    assert (await ann.put(path, json={"title": ""})).status_code == 422
    await ann.delete(f"{path}/accounts?account_ids[]={bea.account_id}")
    assert (await ann.get(f"{path}/accounts")).json() == []
    assert (await ann.delete(path)).json() == {}
    assert (await ann.get("/api/v1/lists")).json() == []


async def test_each_of_her_groups_is_a_list_that_she_can_not_change(world: World) -> None:
    a = await world.instance()
    ann = await member(a, "ann")
    group_id = await a.house.store.unit(
        lambda u: groups.create(u, "tuesday", "Tuesday circle", created_by=ann.account_id)
    )
    await a.house.store.unit(follows.request, ann.account_id, group_id)
    (shown,) = (await ann.get("/api/v1/lists")).json()
    assert (shown["id"], shown["title"], shown["exclusive"]) == (str(group_id), "Tuesday circle", False)
    path = f"/api/v1/lists/{group_id}"
    assert [who["username"] for who in (await ann.get(f"{path}/accounts")).json()] == ["tuesday"]
    for answer in (
        await ann.put(path, json={"title": "Mine"}),
        await ann.delete(path),
        await ann.post(f"{path}/accounts", json={"account_ids": [str(ann.account_id)]}),
        await ann.delete(f"{path}/accounts?account_ids[]={group_id}"),
    ):
        assert answer.status_code == 422
        assert "unfollow the group" in answer.json()["error"]


async def test_markers(world: World) -> None:
    a = await world.instance()
    ann = await member(a, "ann")
    assert (await ann.get("/api/v1/markers?timeline[]=home")).json() == {}
    await ann.post("/api/v1/markers", data={"home[last_read_id]": "5"})
    await ann.post("/api/v1/markers", json={"home": {"last_read_id": "7"}, "notifications": {"last_read_id": "3"}})
    kept = (await ann.get("/api/v1/markers?timeline[]=home&timeline[]=notifications")).json()
    assert (kept["home"]["last_read_id"], kept["home"]["version"]) == ("7", 2)
    assert kept["notifications"]["last_read_id"] == "3"


async def test_filters_in_both_versions(world: World) -> None:
    a = await world.instance()
    ann, bea = await member(a, "ann"), await member(a, "bea")
    made = (
        await ann.post(
            "/api/v2/filters",
            data={
                "title": "Weather",
                "context[]": ["home", "thread"],
                "filter_action": "hide",
                "expires_in": "3600",
                "keywords_attributes[0][keyword]": "gale",
                "keywords_attributes[0][whole_word]": "true",
                "keywords_attributes[1][keyword]": "storm",
            },
        )
    ).json()
    assert (made["context"], made["filter_action"], len(made["keywords"])) == (["home", "thread"], "hide", 2)
    assert made["expires_at"]
    path = f"/api/v2/filters/{made['id']}"
    assert (await bea.get(path)).status_code == 404
    assert (
        await bea.put(f"/api/v2/filters/keywords/{made['keywords'][0]['id']}", json={"keyword": "x"})
    ).status_code == 404
    change = {"keywords_attributes": [{"id": made["keywords"][1]["id"], "_destroy": True}], "expires_in": ""}
    new = (await ann.put(path, json=change)).json()
    assert [word["keyword"] for word in new["keywords"]] == ["gale"]
    assert new["expires_at"] is None
    added = (await ann.post(f"{path}/keywords", json={"keyword": "rain", "whole_word": False})).json()
    assert (added["keyword"], added["whole_word"]) == ("rain", False)
    old = (await ann.get("/api/v1/filters")).json()
    assert sorted(word["phrase"] for word in old) == ["gale", "rain"]
    assert old[0]["irreversible"]
    assert (await ann.post("/api/v2/filters", json={"title": "x", "context": ["nowhere"]})).status_code == 422
    assert (await ann.delete(path)).json() == {}
    assert (await ann.get("/api/v1/filters")).json() == []


async def test_followed_hashtags(world: World) -> None:
    a = await world.instance()
    ann = await member(a, "ann")
    assert (await ann.post("/api/v1/tags/Sea/follow")).json()["following"]
    assert [tag["name"] for tag in (await ann.get("/api/v1/followed_tags")).json()] == ["sea"]
    assert (await ann.get("/api/v1/tags/SEA")).json()["following"]
    assert not (await ann.post("/api/v1/tags/sea/unfollow")).json()["following"]
    assert (await ann.get("/api/v1/followed_tags")).json() == []
    assert (await ann.post("/api/v1/tags/a%20b/follow")).status_code == 422


async def test_pushes_are_kept_for_each_token(world: World) -> None:
    a = await world.instance()
    ann = await member(a, "ann")
    path = "/api/v1/push/subscription"
    assert (await ann.get(path)).status_code == 404
    form = {
        "subscription[endpoint]": "https://push.example/1",
        "subscription[keys][p256dh]": "BKey",
        "subscription[keys][auth]": "secret",
        "data[alerts][mention]": "true",
    }
    made = (await ann.post(path, data=form)).json()
    assert (made["alerts"]["mention"], made["alerts"]["follow"], made["policy"]) == (True, False, "all")
    assert made["server_key"] == (await a.client.get("/api/v2/instance")).json()["configuration"]["vapid"]["public_key"]
    changed = (await ann.put(path, json={"data": {"alerts": {"follow": True}, "policy": "followed"}})).json()
    assert (changed["alerts"]["mention"], changed["alerts"]["follow"], changed["policy"]) == (True, True, "followed")
    assert (await ann.delete(path)).json() == {}
    assert (await ann.get(path)).status_code == 404
    http = form | {"subscription[endpoint]": "http://127.0.0.1/"}
    assert (await ann.post(path, data=http)).status_code == 422


async def test_what_a_report_says_is_sealed(world: World) -> None:
    a = await world.instance()
    ann, bea = await member(a, "ann"), await member(a, "bea")
    asked = {"account_id": str(bea.account_id), "comment": "harsh words", "category": "other", "status_ids": ["1"]}
    answer = (await ann.post("/api/v1/reports", json=asked)).json()
    assert (answer["comment"], answer["status_ids"]) == ("harsh words", [])
    row = await a.house.store.read(lambda c: c.execute(select(report)).one())
    assert b"harsh" not in row.comment
    assert a.house.site.vault.open(row.comment, "report", "comment", row.id) == b"harsh words"


async def test_media(world: World) -> None:
    a = await world.instance()
    ann, bea = await member(a, "ann"), await member(a, "bea")
    file = {"file": ("holiday with Maria.jpg", picture(exif=True), "image/jpeg")}
    made = await ann.post("/api/v2/media", files=file, data={"description": "A boat", "focus": "0.5,-0.25"})
    assert made.status_code == 200
    shown = made.json()
    assert (shown["type"], shown["description"]) == ("image", "A boat")
    assert shown["meta"]["focus"] == {"x": 0.5, "y": -0.25}
    assert shown["meta"]["original"]["size"] == "200x320"
    assert "Maria" not in made.text
    path = f"/api/v1/media/{shown['id']}"
    assert (await bea.get(path)).status_code == 404
    assert (await ann.put(f"/api/v2/media/{shown['id']}", json={"description": "x"})).status_code == 404
    described = await ann.put(path, json={"description": "A boat at sea", "focus": "0,0"})
    assert described.json()["description"] == "A boat at sea"
    assert (await ann.put(path, data={"focus": "3,3"})).status_code == 422
    assert (await ann.post("/api/v1/media", files={"file": ("x.exe", b"MZ", "image/png")})).status_code == 422
    assert (await ann.post("/api/v1/media")).status_code == 422
    assert (await ann.delete(path)).json() == {}
    assert (await a.client.get(shown["url"])).status_code == 404


async def test_instance_tells_what_is_served(world: World) -> None:
    a = await world.instance()
    await member(a, "sue", role="steward")
    new = (await a.client.get("/api/v2/instance")).json()
    assert new["version"].startswith("4.3.0 (compatible; Skerry ")
    assert 2 <= new["api_versions"]["mastodon"] <= 6
    assert new["configuration"]["urls"]["streaming"] == "wss://a.example"
    assert new["contact"]["account"]["username"] == "sue"
    assert new["registrations"]["enabled"]
    old = (await a.client.get("/api/v1/instance")).json()
    assert (old["uri"], old["version"]) == ("a.example", new["version"])
    assert (await a.client.get("/api/v1/instance/peers")).json() == []
    assert (await a.client.get("/api/v1/instance/domain_blocks")).status_code == 401
    assert (await a.client.get("/api/v1/streaming/health")).text == "OK"
    assert (await a.client.get("/api/v1/instance/terms_of_service")).status_code == 404
