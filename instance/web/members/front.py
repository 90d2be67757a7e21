"""The pages that are always readable: the first page for strangers, about, who can read what."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import instance
from instance.auth import registration
from instance.house import house_of
from instance.i18n import _, said
from instance.policy.inforce import in_force
from instance.policy.label import label
from instance.settings import Registration
from instance.web.frame.outside import listed, may_be_listed, robots
from instance.web.frame.visitor import Visitor, page
from instance.web.members.home import home
from instance.web.pieces import people
from policies.sentences import sentences_of


async def first(visitor: Visitor) -> Response:
    """`/`: what this server is; for members their home."""
    if visitor.session is not None:
        return await home(visitor)
    groups = await visitor.house.store.read(people.open_groups, visitor.house.site)
    settings = visitor.house.site.settings
    invited = settings.registration is Registration.INVITATION
    needed = registration.needs_email(settings) and not invited
    return await _seen(
        visitor, visitor.page("members/landing.html", groups=groups, here="landing", email_needed=needed)
    )


async def about(visitor: Visitor) -> Response:
    """`/about`: who answers for this server."""
    groups = await visitor.house.store.read(people.open_groups, visitor.house.site)
    return await _seen(visitor, visitor.page("members/about.html", groups=groups, version=instance.__version__))


async def privacy(visitor: Visitor) -> Response:
    """`/privacy`: who can read what, line by line, and what the policy promises, in its own words."""
    policy = await in_force(visitor.house)
    rows = [(_(what), _(who)) for what, who in label(visitor.house.site.settings, policy)]
    promised = [said(sentence) for sentence in sentences_of(policy, public=True)]
    return await _seen(visitor, visitor.page("members/privacy.html", rows=rows, said=promised, digest=policy.digest))


async def _seen(visitor: Visitor, response: Response) -> Response:
    return listed(response) if await may_be_listed(visitor.house) else response


async def get_robots(request: Request) -> Response:
    """GET /robots.txt (RFC 9309): what tells of the server may be indexed, what tells of people where the policy says so."""
    text = robots(indexable=await may_be_listed(house_of(request)))
    return PlainTextResponse(text, headers={"Cache-Control": "public, max-age=3600"})


ROUTES = [
    Route("/", page(first)),
    Route("/about", page(about)),
    Route("/privacy", page(privacy)),
    Route("/robots.txt", get_robots, methods=["GET"]),
]
