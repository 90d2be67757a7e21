"""What is told to everybody: the signed policy and its links, the page and the label made from it, words to machines."""

from dataclasses import replace
from typing import Any

import pytest

from instance.db.unit import Unit
from instance.people.accounts import ProfileChanges, update_profile
from instance.policy.adopt import adopt
from instance.policy.inforce import in_force_here
from instance.policy.label import label
from instance.settings import Registration
from policies.document import PolicyDocument
from policies.leaving import Outgoing, Outside, Reach, Requirement, Searchers
from policies.modes import Mode, in_mode
from policies.presets import preset
from policies.purposes import Assurance
from policies.sentences import sentences_of
from tests.instance.policy.elsewhere import elsewhere
from tests.support.make import member
from tests.support.world import Running, World

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
LINK = '<https://a.example/policy>; rel="privacy-policy"'


async def change(a: Running, **parts: Any) -> PolicyDocument:
    def go(u: Unit) -> PolicyDocument:
        document = replace(in_force_here(u.connection), **parts)
        adopt(u, document, "steward")
        return document

    return await a.house.store.unit(go)


@pytest.mark.parametrize("mode", ["development", "production"])
async def test_every_page_names_the_policy_first(world: World, mode: str) -> None:
    """Before anybody has signed up, too."""
    more = {"SKERRY_CONTACT_EMAIL": "anna@circle.example"} if mode == "production" else {}
    a = await world.instance(SKERRY_MODE=mode, **more)
    for path in ("/", "/about", "/privacy", "/sign-up", "/auth/sign_in", "/nothing-here"):
        for headers in (BROWSER, {}, {"Accept": "application/json"}):
            answer = await a.client.get(path, headers=headers)
            if path == "/" or answer.headers["content-type"].startswith("text/html"):
                assert answer.headers.get_list("link")[0].startswith(LINK), (path, headers)
    answer = await a.client.head("/")
    assert answer.headers["link"].startswith(LINK)


async def test_the_document_answers_everybody(world: World) -> None:
    a = await world.instance()
    types = ["application/activity+json", 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"']
    for kind in types:
        answer = await a.client.get("/policy", headers={"Accept": kind})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/activity+json")
        found = answer.json()
        assert (found["id"], found["attributedTo"]) == ("https://a.example/policy", "https://a.example/actor")
        assert isinstance(found["proof"], dict)
        assert found["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    there = await a.client.get("/policy", headers=BROWSER)
    assert there.is_redirect
    assert there.headers["location"] == "https://a.example/privacy"
    assert (await a.client.get("/actor")).json()["privacyPolicy"] == "https://a.example/policy"
    assert (await a.client.get("/nodeinfo/2.1")).json()["metadata"]["privacyPolicy"] == "https://a.example/policy"


def shown(page: str) -> str:
    return " ".join(page.replace("&#39;", "'").split())


SETTINGS: list[tuple[str, dict[str, Any]]] = [
    *((str(mode), {"policy": in_mode(preset("open"), mode)}) for mode in Mode),
    ("asks", {"policy": replace(preset("open"), requirement=Requirement(assurance=Assurance.CLAIMED))}),
    ("limited get less", {"policy": replace(preset("open"), outgoing=Outgoing(limited_gets=Reach.PUBLIC))}),
    *((str(who), {"policy": replace(preset("open"), outside=Outside(searchable_by=who))}) for who in Searchers),
    ("engines", {"policy": replace(preset("open"), outside=Outside(indexable=True))}),
    *((str(way), {"registration": str(way)}) for way in Registration),
]


@pytest.mark.parametrize(("name", "given"), SETTINGS)
async def test_label_page_and_app_say_what_is_in_force(world: World, name: str, given: dict[str, Any]) -> None:
    a = await world.instance(SKERRY_REGISTRATION=given.get("registration", "open"))
    policy = given.get("policy") or preset("open")
    await a.house.store.unit(adopt, policy, "steward")
    rows = label(a.house.site.settings, policy)
    pages = [shown((await a.client.get("/privacy", headers=BROWSER)).text)]
    if name != "invitation":
        pages.append(shown((await a.client.get("/sign-up", headers=BROWSER)).text))
    for page in pages:
        for what, who in rows:
            assert f'<tr><th scope="row">{what}</th><td>{who}</td></tr>' in page, (name, what)
        assert page.count('<tr><th scope="row">') == len(rows)
    for sentence in sentences_of(policy, public=True):
        assert sentence in pages[0].replace("&#34;", '"')
    told = (await a.client.get("/api/v1/instance/privacy_policy")).json()["content"]
    assert told.count("<li>") == len(rows)
    limited = (await a.client.get("/api/v2/instance")).json()["configuration"]["limited_federation"]
    assert limited is (name in {"match", "allowlist", "closed"})


async def test_the_label_tells_settings_apart(world: World) -> None:
    """No two modes, and no two settings of what outsiders find, have the same label."""
    settings = (await world.instance()).house.site.settings
    policies = [given["policy"] for name, given in SETTINGS if "policy" in given and name not in {"limited get less"}]
    different = {str(label(settings, policy)) for policy in policies}
    assert len(different) == len({policy.digest for policy in policies})


async def test_machines_are_told_what_the_policy_says(world: World) -> None:
    a = await world.instance()
    anna = await member(a, "anna", public=True)
    await a.house.store.unit(lambda u: update_profile(u, anna.account_id, ProfileChanges(indexable=True)))
    made = (await anna.post("/api/v1/statuses", json={"status": "Hello", "visibility": "public"})).json()
    pages = ["/", "/about", "/@anna", f"/@anna/{made['id']}"]
    await change(a, outside=Outside())
    for path in [*pages, "/api/v1/timelines/public", "/actor"]:
        answer = await a.client.get(path, headers=BROWSER)
        assert "noindex" in answer.headers["x-robots-tag"], path
        assert answer.headers["content-usage"] == "search=n, train-ai=n"
    assert "Allow: /@" not in (await a.client.get("/robots.txt")).text
    await change(a, outside=Outside(indexable=True))
    for path in pages:
        answer = await a.client.get(path, headers=BROWSER)
        assert answer.headers["x-robots-tag"] == "noarchive, noai, noimageai", path
        assert answer.headers["content-usage"] == "search=y, train-ai=n"
        assert path in {"/", "/about"} or "noindex" not in answer.text
    robots = (await a.client.get("/robots.txt")).text
    assert "Allow: /@" in robots
    assert "Content-Usage: search=y, train-ai=n" in robots
    await a.house.store.unit(lambda u: update_profile(u, anna.account_id, ProfileChanges(indexable=False)))
    assert "noindex" in (await a.client.get("/@anna", headers=BROWSER)).headers["x-robots-tag"]


async def test_servers_are_told_what_an_author_says(world: World) -> None:
    at = await elsewhere(world)
    path = at.ana_iri.removeprefix("https://a.example")
    made = (await at.ana.post("/api/v1/statuses", json={"status": "Hello", "visibility": "public"})).json()
    for indexable, searched, robots in (
        (False, [at.ana_iri], "noindex, noai, noimageai"),
        (True, ["https://www.w3.org/ns/activitystreams#Public"], "noai, noimageai"),
    ):
        changes = ProfileChanges(indexable=indexable)
        await at.a.house.store.unit(lambda u, changes=changes: update_profile(u, at.ana.account_id, changes))
        for each in (path, made["uri"].removeprefix("https://a.example")):
            found = (await at.peer.get(at.a, each, at.bob)).json()
            told = (found["indexable"], found["searchableBy"], found["xRobotsTag"], found["SPC"])
            assert told == (indexable, searched, robots, 1)


async def test_words_are_found_by_whom_the_policy_says(world: World) -> None:
    a = await world.instance()
    anna, eve = await member(a, "anna", public=True), await member(a, "eve")
    await a.house.store.unit(lambda u: update_profile(u, anna.account_id, ProfileChanges(indexable=True)))
    await anna.post("/api/v1/statuses", json={"status": "lighthouse", "visibility": "public"})

    async def found(who: Any) -> int:
        return len((await who.get("/api/v2/search", params={"q": "lighthouse", "type": "statuses"})).json()["statuses"])

    assert (await found(anna), await found(eve)) == (1, 1)
    await change(a, outside=Outside(searchable_by=Searchers.NOBODY))
    assert (await found(anna), await found(eve)) == (1, 0)
