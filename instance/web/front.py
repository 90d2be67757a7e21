"""The pages that are always readable: the first page for strangers, about, who can read what."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import instance
from instance.auth import registration
from instance.i18n import N_, _
from instance.settings import Registration
from instance.web import people
from instance.web.home import home
from instance.web.visitor import Visitor, page

WHO_READS = (
    (N_("Your name here, picture and “about you”"), N_("Anyone, also on other servers.")),
    (
        N_("Public posts, if you allow them; posts to an open group"),
        N_("Anyone, also on other servers and without an account."),
    ),
    (
        N_("Your other posts"),
        N_("The people who follow you and the people you name, here and on their own servers."),
    ),
    (
        N_("Private messages"),
        N_(
            "You and the people you name. They are stored locked. The people who run this server, or theirs, hold the"
            " keys and could open them."
        ),
    ),
    (N_("Your answer in a poll"), N_("Nobody is shown it, only the sums. It is stored with your name.")),
    (
        N_("Your e-mail address, if you gave one"),
        N_("No member. It is stored locked and used to send you mail; the people who run the server hold the key."),
    ),
    (N_("What you answered when you asked to join"), N_("The stewards. It is stored locked.")),
    (N_("Your password"), N_("Nobody. Only a fingerprint of it is stored, from which it can't be read.")),
    (
        N_("Where you sign in"),
        N_("You, in your settings: “Firefox on Android” and when. Your internet address is not stored."),
    ),
    (N_("Whom you follow and who follows you"), N_("You. Others see how many.")),
    (N_("Favourites and bookmarks"), N_("The author sees a favourite. Bookmarks are yours alone.")),
)

ROBOTS = """\
User-agent: *
Allow: /$
Allow: /about$
Allow: /privacy$
Allow: /static/
Allow: /.well-known/
Allow: /nodeinfo
Disallow: /
"""


async def first(visitor: Visitor) -> Response:
    """`/`: what this server is; for members their home."""
    if visitor.session is not None:
        return await home(visitor)
    groups = await visitor.house.store.read(people.open_groups, visitor.house.site)
    settings = visitor.house.site.settings
    invited = settings.registration is Registration.INVITATION
    needed = registration.needs_email(settings) and not invited
    return visitor.page("landing.html", groups=groups, here="landing", email_needed=needed)


async def about(visitor: Visitor) -> Response:
    """`/about`: who answers for this server."""
    groups = await visitor.house.store.read(people.open_groups, visitor.house.site)
    return visitor.page("about.html", groups=groups, version=instance.__version__)


async def privacy(visitor: Visitor) -> Response:
    """`/privacy`: who can read what, line by line."""
    return visitor.page("privacy.html", rows=[(_(what), _(who)) for what, who in WHO_READS])


async def robots(_request: Request) -> Response:
    """GET /robots.txt (RFC 9309): what tells of the server may be indexed, what tells of people not."""
    return PlainTextResponse(ROBOTS, headers={"Cache-Control": "public, max-age=86400"})


ROUTES = [
    Route("/", page(first)),
    Route("/about", page(about)),
    Route("/privacy", page(privacy)),
    Route("/robots.txt", robots, methods=["GET"]),
]
