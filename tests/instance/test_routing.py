"""The switch finds the same route as trying all in turn."""

from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match, Mount, Route

from instance.routing import CHOSEN, Switch, literal


async def nothing(_request: object) -> None:
    """An endpoint."""


PATHS = ["/", "/a", "/a/{x}", "/a/b", "/a/{x}/c", "/@{name}", "/@{name}/{x}", "/{rest:path}.txt", "/a/b/{x:path}"]
ROUTES = [Route(path, nothing, methods=[method]) for path in PATHS for method in ("GET", "POST")]
ROUTES.insert(4, Mount("/m", routes=[Route("/z", nothing)]))  # type: ignore[arg-type]
SWITCH = Switch(ROUTES)

path = st.lists(st.sampled_from(["a", "b", "c", "@x", "m", "z", "d.txt", ""]), max_size=5).map(
    lambda p: "/" + "/".join(p)
)


@given(path, st.sampled_from(["GET", "POST", "PUT"]))
def test_the_same_as_in_turn(path: str, method: str) -> None:
    scope = {"type": "http", "path": path, "method": method, "root_path": ""}
    tried = [(route.matches(scope)[0], route) for route in ROUTES]
    full = [each for each in tried if each[0] is Match.FULL]
    partial = [each for each in tried if each[0] is Match.PARTIAL]
    wanted = (full or partial or [(Match.NONE, None)])[0]
    match, child = SWITCH.matches(scope)
    assert (match, child.get(CHOSEN)) == wanted


def test_the_part_without_parameters() -> None:
    assert [literal(path) for path in PATHS[:6]] == ["/", "/a", "/a", "/a/b", "/a", ""]
