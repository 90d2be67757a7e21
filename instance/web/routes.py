"""All pages, as a table of contents."""

from starlette.routing import BaseRoute, Mount

from instance.web import (
    addresses,
    agreements,
    approvals,
    authorize,
    desk,
    federation,
    front,
    groups,
    home,
    joining,
    keeping,
    moderating,
    moving,
    posts,
    profile,
    proposing,
    reports,
    requests,
    safety,
    settings,
    severed,
    signing,
    steward,
)  # fmt: skip
from instance.web.assets import Assets
from instance.web.templating import STATIC

ROUTES: list[BaseRoute] = [
    *front.ROUTES,
    *joining.ROUTES,
    *signing.ROUTES,
    *authorize.ROUTES,
    *home.ROUTES,
    *groups.ROUTES,
    *posts.ROUTES,
    *profile.ROUTES,
    *moderating.ROUTES,
    *requests.ROUTES,
    *approvals.ROUTES,
    *settings.ROUTES,
    *safety.ROUTES,
    *moving.ROUTES,
    *severed.ROUTES,
    *keeping.ROUTES,
    *steward.ROUTES,
    *reports.ROUTES,
    *federation.ROUTES,
    *desk.ROUTES,
    *proposing.ROUTES,
    *agreements.ROUTES,
    *addresses.ROUTES,
    Mount("/static", Assets(directory=STATIC)),
]
