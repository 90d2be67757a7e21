"""All routes of the client API, in an order in which fixed words come before ids."""

from starlette.routing import BaseRoute

from instance.mastodon import (
    accounts,
    consent,
    filters,
    instance,
    marks,
    media,
    notifications,
    oauth,
    polls,
    profile,
    quiet,
    reading,
    relationships,
    search,
    signup,
    speaking_up,
    statuses,
    streaming,
    timelines,
)

ROUTES: list[BaseRoute] = [
    *oauth.ROUTES,
    *signup.ROUTES,
    *instance.ROUTES,
    *profile.ROUTES,
    *relationships.ROUTES,
    *reading.ROUTES,
    *quiet.ROUTES,
    *accounts.ROUTES,
    *notifications.ROUTES,
    *media.ROUTES,
    *filters.ROUTES,
    *search.ROUTES,
    *speaking_up.ROUTES,
    *streaming.ROUTES,
    *consent.ROUTES,
    *statuses.ROUTES,
    *marks.ROUTES,
    *timelines.ROUTES,
    *polls.ROUTES,
]
