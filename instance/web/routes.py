"""All pages, as a table of contents."""

from starlette.routing import BaseRoute, Mount

from instance.web.account import authorize, joining, keeping, moving, safety, settings, severed, signing
from instance.web.frame.assets import Assets
from instance.web.frame.templating import STATIC
from instance.web.members import addresses, approvals, front, groups, home, moderating, posts, profile, requests
from instance.web.steward import (
    admitting,
    advising,
    agreements,
    desk,
    federation,
    neighbourhood,
    policy_desk,
    proposing,
    reports,
)

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
    *desk.ROUTES,
    *reports.ROUTES,
    *admitting.ROUTES,
    *advising.ROUTES,
    *neighbourhood.ROUTES,
    *federation.ROUTES,
    *policy_desk.ROUTES,
    *proposing.ROUTES,
    *agreements.ROUTES,
    *addresses.ROUTES,
    Mount("/static", Assets(directory=STATIC)),
]
