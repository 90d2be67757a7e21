"""The pages for everyone, and error pages."""

from urllib.robotparser import RobotFileParser

import pytest

from instance.db.unit import Unit
from instance.groups import groups
from instance.people import accounts
from instance.web.pieces import people
from tests.support.html import check, parsed
from tests.support.world import World

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PATHS = ["/", "/about", "/privacy", "/groups"]


@pytest.mark.parametrize("path", PATHS)
async def test_page_for_everyone(world: World, path: str) -> None:
    running = await world.instance()
    response = await running.client.get(path)
    assert response.status_code == 200
    check(response)


async def test_robots_are_told_to_read_of_no_person(world: World) -> None:
    running = await world.instance()
    answer = await running.client.get("/robots.txt")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    rules = RobotFileParser()
    rules.parse([line.replace("$", "") for line in answer.text.splitlines() if line != "Allow: /$"])  # knows no "$"
    assert rules.can_fetch("Bot", "https://a.example/about")
    for path in ("/@anna", "/@anna/1", "/u/1", "/g/abc", "/groups", "/inbox", "/api/v1/timelines/public", "/media/x"):
        assert not rules.can_fetch("Bot", f"https://a.example{path}"), path


async def test_absent_forbidden_and_unknown_look_the_same(world: World) -> None:
    running = await world.instance()
    asked = ("/nothing", "/groups/12/3", "/@nobody", "/@nobody/1234", "/u/12", "/link/reset/abc", "/@no.body")
    pages = [await running.client.get(path, headers=BROWSER) for path in asked]
    assert {page.status_code for page in pages} == {404}
    assert len({page.text for page in pages}) == 1
    check(pages[0])


async def test_groups_that_are_not_open_lead_to_one_sign_in_page(world: World) -> None:
    running = await world.instance()
    for path in ("/g/abcdefghijkl", "/g/abcdefghijkl/p/1"):
        response = await running.client.get(path, headers=BROWSER)
        assert response.status_code == 302
        assert response.headers["location"].startswith("/auth/sign_in?next=")


async def test_addresses_of_actors_lead_browsers_to_pages(world: World) -> None:
    running = await world.instance()
    mira = await running.house.store.unit(accounts.create, "mira")
    circle = await running.house.store.unit(_group)
    row = await running.house.store.read(accounts.by_id, circle)
    group_path = row.iri.removeprefix("https://a.example")
    pairs = {f"/u/{mira}": "/@mira", f"/u/{mira}/p/77": "/@mira/77", group_path: "/@circle"}
    for path, page in pairs.items():
        response = await running.client.get(path, headers=BROWSER)
        assert response.headers["location"] == page, path
    as_server = await running.client.get("/@mira", headers={"Accept": "application/activity+json"})
    assert as_server.headers["location"] == f"https://a.example/u/{mira}"


def _group(u: Unit) -> int:
    return groups.create(u, "circle", "Circle", created_by=None)


async def test_language_of_the_browser(world: World) -> None:
    running = await world.instance()
    response = await running.client.get("/about", headers={"Accept-Language": "xx;q=0.9, de-AT"})
    assert parsed(response).get("lang") == "de"


async def test_static_files_may_be_kept(world: World) -> None:
    running = await world.instance()
    page = parsed(await running.client.get("/"))
    sheet = page.xpath("//link[@rel='stylesheet']/@href")[0]
    response = await running.client.get(sheet)
    assert response.status_code == 200
    assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/about", 405), ("GET", "/nothing", 404), ("POST", "/sign-up", 403), ("POST", "/posts", 403)],
)
async def test_error_pages(world: World, method: str, path: str, status: int) -> None:
    running = await world.instance()
    response = await running.client.request(method, path, headers=BROWSER)
    assert response.status_code == status
    page = check(response)
    assert str(status) in page.text_content()


async def test_too_large_and_too_many(world: World) -> None:
    running = await world.instance(SKERRY_RATE_LIMITS="1")
    large = await running.client.post("/sign-up", headers=BROWSER, content=b"x" * (2 << 20))
    assert large.status_code == 413
    check(large)
    for _ in range(40):
        many = await running.client.post("/auth/sign_in", headers=BROWSER, data={"name": "mira"})
    assert many.status_code == 429
    check(many)


async def test_a_failure_on_our_side_has_a_page_without_a_trace(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    running = await world.instance()

    def fail(*_args: object) -> None:
        raise ValueError("a secret")

    monkeypatch.setattr(people, "open_groups", fail)
    response = await running.client.get("/about", headers=BROWSER)
    assert response.status_code == 500
    check(response)
    assert "secret" not in response.text
    assert "Traceback" not in response.text
