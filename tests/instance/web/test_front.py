"""The pages for everyone, and error pages."""

import pytest

from tests.support.html import check, parsed
from tests.support.world import World

PATHS = ["/", "/about", "/privacy", "/groups"]


@pytest.mark.parametrize("path", PATHS)
async def test_page_for_everyone(world: World, path: str) -> None:
    running = await world.instance()
    response = await running.client.get(path)
    assert response.status_code == 200
    check(response)


async def test_absent_forbidden_and_unknown_look_the_same(world: World) -> None:
    running = await world.instance()
    pages = [await running.client.get(path) for path in ("/nothing", "/g/abcdefghijkl", "/groups/12/3")]
    assert {page.status_code for page in pages} == {404}
    assert len({page.text for page in pages}) == 1
    check(pages[0])


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
