"""What machines from outside are told: search engines where the policy and the author allow it, learning machines never.

X-Robots-Tag and robots.txt (RFC 9309), Content-Usage (AIPREF). All other answers say no to both (instance.entrance.headers).
"""

from starlette.responses import Response

from instance.house import House
from instance.policy.inforce import in_force

LISTED = {"X-Robots-Tag": "noarchive, noai, noimageai", "Content-Usage": "search=y, train-ai=n"}
ALWAYS_OPEN = ("/$", "/about$", "/privacy$", "/static/", "/.well-known/", "/nodeinfo")
PUBLIC_PAGES = "/@"


async def may_be_listed(house: House) -> bool:
    """Whether the policy in force lets search engines list public pages."""
    return (await in_force(house)).outside.indexable


def listed(response: Response) -> Response:
    """This page may be found by search engines."""
    response.headers.update(LISTED)
    return response


def robots(*, indexable: bool) -> str:
    """robots.txt: what tells of the server may be read; pages of people where the policy says so."""
    allowed = [*ALWAYS_OPEN, *([PUBLIC_PAGES] if indexable else [])]
    usage = LISTED["Content-Usage"] if indexable else "search=n, train-ai=n"
    lines = ["User-agent: *", f"Content-Usage: {usage}", *(f"Allow: {path}" for path in allowed), "Disallow: /"]
    return "\n".join(lines) + "\n"
