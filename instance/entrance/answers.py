"""What a refusal or a failure looks like: JSON for apps and servers, a page for people.

`exception_handlers` is what Starlette is given; the page is drawn by whoever draws pages (`app` plugs it in).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from instance.errors import RefusalError
from instance.i18n import N_, _, refusal_text

ErrorPage = Callable[[Request, int, str], Awaitable[Response]]
"""Draws an error page: request, HTTP status, a sentence in the reader's language."""

FOR_PROGRAMS = (
    "/api/",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/userinfo",
    "/.well-known/",
    "/nodeinfo",
    "/health",
    "/metrics",
    "/inbox",
)

SENTENCES = {
    400: N_("This request could not be read."),
    401: N_("Sign in first."),
    403: N_("This is not allowed."),
    404: N_("There is nothing here, or it is not for you."),
    405: N_("This address does not take {method}."),
    413: N_("That is too large: at most {most} MB fit here."),
    415: N_("This kind of content is not understood here."),
    421: N_("This server answers at {address} only."),
    429: N_("Too many tries. Wait a few minutes and try again."),
    500: N_(
        "Something went wrong on our side. Nothing was changed. If it happens again, tell the people who run this server."
    ),
    503: N_("This server can't answer at the moment. Try again in a little while."),
}


async def plain_page(_request: Request, status: int, sentence: str) -> Response:
    """The error page where nobody draws one."""
    return PlainTextResponse(sentence, status)


def for_programs(request: Request) -> bool:
    """Whether an answer is read by a program: by the path, else by what the caller accepts."""
    path = request.url.path
    if path.startswith(FOR_PROGRAMS) or path.endswith("/inbox"):
        return True
    return "json" in request.headers.get("accept", "") and "html" not in request.headers.get("accept", "")


class Answers:
    """Turns what was raised into an answer."""

    def __init__(self, page: ErrorPage = plain_page) -> None:
        self._page = page

    async def say(self, request: Request, status: int, **params: Any) -> Response:
        """The ready-made sentence of a status."""
        return await self._answer(request, status, _(SENTENCES.get(status, SENTENCES[400]), **params))

    async def refused(self, request: Request, error: Exception) -> Response:
        """A RefusalError: its sentence in the reader's language."""
        if not isinstance(error, RefusalError):
            raise error
        return await self._answer(request, error.status, refusal_text(error))

    async def http(self, request: Request, error: Exception) -> Response:
        """Starlette's own: no such route, wrong method, a form that can't be read."""
        if not isinstance(error, HTTPException):
            raise error
        answer = await self.say(request, error.status_code, method=request.method)
        for name, value in (error.headers or {}).items():
            answer.headers[name] = value
        return answer

    def handlers(self) -> Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]]:
        """For Starlette's `exception_handlers`."""
        return {RefusalError: self.refused, HTTPException: self.http}

    async def _answer(self, request: Request, status: int, sentence: str) -> Response:
        if for_programs(request):
            return JSONResponse({"error": sentence}, status)
        return await self._page(request, status, sentence)
