"""Who asks for a page, and the wrapper that every page's handler gets: session, language, forms, errors, headers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from governance.offices.positions import Power, may
from instance.auth.sessions import Session, session_of
from instance.db.hot import Query
from instance.errors import NotFoundError
from instance.house import House, house_of
from instance.i18n import current, languages
from instance.web.frame import forms
from instance.web.frame.policy import content_policy
from instance.web.frame.templating import fill

NAME = Query("SELECT name FROM account WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Me:
    """The member whose page it is, for the band on top."""

    name: str
    role: str
    has_desk: bool
    """Whether she decides about sign-ups, and so has a desk."""
    lacks_second_step: bool


@dataclass(slots=True)
class Visitor:
    """One request for a page, by a member or by somebody without a session."""

    request: Request
    house: House
    session: Session | None
    csrf: str
    me: Me | None = None
    form: forms.Form = field(default_factory=forms.Form)

    @property
    def member(self) -> Session:
        """The session, on pages that ask for one."""
        if self.session is None:
            raise NotFoundError
        return self.session

    @property
    def account_id(self) -> int | None:
        return self.session.account_id if self.session else None

    @property
    def zone(self) -> str:
        return self.session.time_zone if self.session else "UTC"

    def param(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        """A parameter of the address; empty if absent."""
        return self.request.query_params.get(name, "").replace("\0", "")

    def page(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page in the visitor's language."""
        return HTMLResponse(fill(template, self._context() | context), status)

    def refused(self, template: str, **context: Any) -> HTMLResponse:
        """The same form again, with what was typed and what is to be mended."""
        return self.page(template, 422, **context)

    def _context(self) -> dict[str, Any]:
        settings = self.house.site.settings
        return {
            "site_name": settings.name,
            "domain": settings.domain,
            "settings": settings,
            "member": self.me,
            "csrf": self.csrf,
            "zone": self.zone,
            "form": self.form,
            "here": "",
            "path": self.request.url.path,
        }


def go(path: str) -> RedirectResponse:
    """After a form: see another page (303)."""
    return RedirectResponse(path, 303)


Handler = Callable[[Visitor], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def page(handler: Handler) -> Endpoint:
    """A page for anyone."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        visitor = await visitor_of(request)
        if request.method == "POST":
            visitor.form = await forms.read(request)
            forms.check_csrf(visitor.form, visitor.csrf)
        try:
            return _dressed(visitor, await handler(visitor))
        finally:
            await request.close()  # what was sent along is not kept

    return endpoint


def member_page(handler: Handler) -> Endpoint:
    """A page for members; others are asked to sign in and brought back."""

    @wraps(handler)
    async def guarded(visitor: Visitor) -> Response:
        if visitor.session is None:
            return ask_to_sign_in(visitor)
        return await handler(visitor)

    return page(guarded)


def power_page(power: Power) -> Callable[[Handler], Endpoint]:
    """A page for those who have a power; to other members it does not exist."""

    def wrap(handler: Handler) -> Endpoint:
        @wraps(handler)
        async def guarded(visitor: Visitor) -> Response:
            if not may(visitor.member.role, power):
                raise NotFoundError
            return await handler(visitor)

        return member_page(guarded)

    return wrap


def ask_to_sign_in(visitor: Visitor) -> Response:
    """To the sign-in page; after a GET back to where she was."""
    if visitor.request.method != "GET":
        return go("/auth/sign_in")
    path = visitor.request.url.path + (f"?{visitor.request.url.query}" if visitor.request.url.query else "")
    return go("/auth/sign_in?next=" + quote(path, safe=""))


def own_path(path: str, otherwise: str = "/") -> str:
    """A path on this instance to go on to; never an address elsewhere."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and not any(ord(c) < 33 for c in path)
    return path if inside else otherwise


async def visitor_of(request: Request) -> Visitor:
    """Who asks, with her language set for the rest of the request."""
    house = house_of(request)
    session = await session_of(house, request)
    if session is not None:
        if session.locale in languages():
            current.set(session.locale)
        rows = await house.store.hot(NAME, id=session.account_id)
        has_desk = may(session.role, Power.DECIDE_SIGN_UPS)
        me = Me(rows[0][0], session.role, has_desk, session.must_use_second_factor)
        return Visitor(request, house, session, session.csrf, me)
    sent = request.cookies.get(forms.csrf_cookie_name(house), "")
    csrf = sent if forms.csrf_is_ours(house, sent) else forms.new_csrf(house)
    return Visitor(request, house, None, csrf)


def _dressed(visitor: Visitor, response: Response) -> Response:
    """Headers that every page has; the cookie of forms before sign-in."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Content-Security-Policy", content_policy(visitor.house.site.settings))
    name = forms.csrf_cookie_name(visitor.house)
    if visitor.session is None and visitor.request.cookies.get(name) != visitor.csrf:
        https = visitor.house.site.settings.https
        response.set_cookie(name, visitor.csrf, httponly=True, secure=https, samesite="lax", path="/")
    return response
