"""`/oauth/authorize`: a member allows an app to use her account, or says no.

While app and redirect address are in doubt nobody is sent anywhere: an error page is all there is (RFC 6749 §4.1.2.1).
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from instance.auth import oauth
from instance.auth.apps import OOB
from instance.auth.oauth import AuthorizeRequest, OAuthError
from instance.i18n import N_, _
from instance.web.frame.policy import content_policy
from instance.web.frame.visitor import Visitor, ask_to_sign_in, go, page

MEANINGS = (
    ("read", N_("read everything that you can read here: posts, private messages, notifications, your settings")),
    ("read:statuses", N_("read the posts that you can read")),
    ("read:notifications", N_("read your notifications")),
    ("read:accounts", N_("see your profile and those of others")),
    ("profile", N_("see your name and picture")),
    ("write", N_("write, change and delete posts in your name, and change your profile")),
    ("write:statuses", N_("write, change and delete posts in your name")),
    ("write:media", N_("send pictures in your name")),
    ("write:accounts", N_("change your profile")),
    ("follow", N_("follow, block and mute people in your name")),
    ("push", N_("send you notices on this device")),
)
PLAIN_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")
OTHERS = {"read": N_("read: {what}"), "write": N_("change: {what}")}
PARAMS = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
    "force_login",
)  # fmt: skip


def in_words(scopes: list[str] | tuple[str, ...]) -> list[str]:
    """What these permissions let an app do, one sentence each."""
    meanings = dict(MEANINGS)
    said = []
    for scope in scopes:
        if scope in meanings:
            said.append(_(meanings[scope]))
        else:
            verb, _colon, what = scope.partition(":")
            said.append(_(OTHERS.get(verb, OTHERS["read"]), what=what or scope))
    return said


async def ask(visitor: Visitor) -> Response:
    """Show who asks and for what. Signs in first, if need be."""
    query = visitor.request.query_params
    params = {name: query[name] for name in PARAMS if name in query}
    asked = await _checked(visitor, params)
    if isinstance(asked, Response):
        return asked
    if visitor.session is None:
        return ask_to_sign_in(visitor)
    if asked.force_login and visitor.query("again") != "1":
        back = "/oauth/authorize?" + str(visitor.request.url.query) + "&again=1"
        return go("/auth/sign_in?again=1&next=" + quote(back, safe=""))
    parts = urlsplit(asked.redirect_uri)
    shown = visitor.page(
        "account/authorize.html",
        app_name=asked.app_name,
        website=urlsplit(asked.website).netloc if asked.website else "",
        sentences=in_words(asked.scopes),
        fields=asked.fields(),
        out_of_band=asked.redirect_uri == OOB,
        where=parts.netloc if parts.scheme in {"http", "https"} else _("the app"),
    )
    settings = visitor.house.site.settings
    shown.headers["Content-Security-Policy"] = content_policy(settings, forms_to=leads_to(asked.redirect_uri))
    return shown


async def answer(visitor: Visitor) -> Response:
    """Yes or no."""
    asked = await _checked(visitor, visitor.form.values)
    if isinstance(asked, Response):
        return asked
    if visitor.session is None:
        return ask_to_sign_in(visitor)
    if visitor.form["answer"] != "yes":
        url = oauth.error_url(asked.redirect_uri, "access_denied", asked.state)
        return RedirectResponse(url, 303) if url else go("/")
    member = visitor.session
    granted = await visitor.house.store.unit(oauth.grant, asked, member.login_id, member.account_id)
    if granted.url is None:
        return visitor.page("account/code.html", code=granted.code)
    return RedirectResponse(granted.url, 303)


async def _checked(visitor: Visitor, params: Mapping[str, str]) -> AuthorizeRequest | Response:
    try:
        return await visitor.house.store.read(oauth.check_request, params)
    except OAuthError as refusal:
        if refusal.redirect is None:
            raise
        return RedirectResponse(refusal.redirect, 303)


def leads_to(redirect_uri: str) -> str:
    """What `form-action` must allow so that the browser follows the answer to the app: its origin, or its scheme alone
    where the host is written so that it can't stand in a header.
    """
    parts = urlsplit(redirect_uri)
    if parts.scheme in {"http", "https"} and PLAIN_HOST.fullmatch(parts.netloc):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"


ROUTES = [
    Route("/oauth/authorize", page(ask), methods=["GET"]),
    Route("/oauth/authorize", page(answer), methods=["POST"]),
]
