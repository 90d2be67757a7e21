"""All pages, as a table of contents."""

from starlette.routing import BaseRoute, Mount

from instance.web import authorize, front, groups
from instance.web.assets import Assets
from instance.web.templating import STATIC

ROUTES: list[BaseRoute] = [
    *front.ROUTES,
    *groups.ROUTES,
    *authorize.ROUTES,
    Mount("/static", Assets(directory=STATIC)),
]
