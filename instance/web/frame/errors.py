"""Error pages: the same look, plain words, and one page for what is unknown, forbidden and absent."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from instance.house import house_of
from instance.i18n import N_, _
from instance.web.frame.policy import content_policy
from instance.web.frame.templating import fill

ABSENT = frozenset({404, 410})
NOT_HERE = N_("The address may be wrong, or the page is not for you to see. Nothing was changed.")
HEADINGS = {
    401: N_("Please sign in"),
    403: N_("This form is no longer good"),
    404: N_("There is nothing here for you"),
    405: N_("This address does not take that"),
    413: N_("This is too large"),
    421: N_("This is not our address"),
    422: N_("This could not be done"),
    429: N_("Too many tries"),
    500: N_("Something broke on our side"),
    503: N_("Not ready at the moment"),
}
OTHER = N_("This did not arrive in one piece")


async def error_page(request: Request, status: int, sentence: str) -> Response:
    """The page of an error, for `instance.entrance.answers`. For 404 it says no more than its status (LEAKS L48)."""
    if status in ABSENT:
        status, sentence = 404, _(NOT_HERE)
    settings = house_of(request).site.settings
    context = {
        "site_name": settings.name,
        "settings": settings,
        "member": None,
        "csrf": "",
        "here": "sign-in",
        "status": status,
        "heading": _(HEADINGS.get(status, HEADINGS[500] if status > 500 else OTHER)),
        "sentence": sentence,
    }
    return HTMLResponse(
        fill("error.html", context),
        status,
        {
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": content_policy(settings),
            "Referrer-Policy": "no-referrer",
        },
    )
