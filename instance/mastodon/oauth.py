"""OAuth's door in Mastodon's profile: register apps, exchange codes, revoke, metadata, userinfo.

docs.joinmastodon.org/methods/apps and /methods/oauth; errors in OAuth's shape (RFC 6749 §5.2). The page where a member
says yes is `instance.web`'s.
"""

import base64
import re
from collections.abc import Awaitable, Callable
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from instance.auth import apps, oauth, scopes
from instance.auth.apps import NewApp
from instance.auth.bearer import app_bearer, bearer
from instance.auth.oauth import IssuedToken, OAuthError
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.house import House, house_of
from instance.i18n import N_, refusal_text
from instance.mastodon.errors import answer
from instance.mastodon.params import Params, params
from instance.notices import vapid
from instance.people import accounts

Endpoint = Callable[[Request], Awaitable[Response]]

CLIENT_AUTH = ["client_secret_basic", "client_secret_post"]


def oauth_errors(endpoint: Endpoint) -> Endpoint:
    """Give refusals OAuth's shape: `error`, `error_description`."""

    async def wrapped(request: Request) -> Response:
        try:
            return await endpoint(request)
        except OAuthError as refusal:
            return _refused(refusal)
        except RefusalError as refusal:
            return _refused(OAuthError("invalid_request", refusal_text(refusal), status=refusal.status))

    return wrapped


def _refused(refusal: OAuthError) -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="Skerry"'} if refusal.status == 401 else None
    told = {"error": refusal.code, "error_description": refusal_text(refusal)}
    return answer(told, refusal.status, headers)


async def create_app(request: Request) -> Response:
    """POST /api/v1/apps."""
    asked = await params(request)
    uris = [uri for text in asked.texts("redirect_uris") for uri in re.split(r"\s+", text)]
    wanted = " ".join(asked.texts("scopes"))
    house = house_of(request)
    made, key = await house.store.unit(_register, asked.text("client_name"), uris, wanted, asked.maybe("website"))
    return answer(_app(made.id, made.name, made.website, made.scopes, made.redirect_uris) | _credentials(made, key))


def _register(u: Unit, name: str, uris: list[str], wanted: str, website: str | None) -> tuple[NewApp, str]:
    return apps.register_app(u, name, uris, wanted, website), vapid.public_key(u)


def _credentials(made: NewApp, vapid_key: str) -> dict[str, object]:
    return {
        "client_id": made.client_id,
        "client_secret": made.client_secret,
        "client_secret_expires_at": 0,
        "vapid_key": vapid_key,
    }


def _app(app_id: int, name: str, website: str | None, scopes: list[str], uris: list[str]) -> dict[str, object]:
    return {
        "id": str(app_id),
        "name": name,
        "website": website,
        "scopes": scopes,
        "redirect_uri": "\n".join(uris),
        "redirect_uris": uris,
    }


async def verify_app(request: Request) -> Response:
    """GET /api/v1/apps/verify_credentials: any valid token tells its app."""
    house = house_of(request)
    caller = await app_bearer(house, request)
    app = await house.store.read(apps.app_by_id, caller.app_id)
    key = await house.store.read(vapid.known_key) or await house.store.unit(vapid.public_key)
    if app is None:
        raise RefusalError("token-invalid", N_("The access token is invalid"), status=401)
    shown = _app(app.id, app.name, app.website, app.scopes.split(), app.redirect_uris)
    return answer(shown | {"client_id": app.client_id, "vapid_key": key})


def _client(request: Request, asked: Params) -> tuple[str, str | None]:
    """Client id and secret, from HTTP Basic or the body (RFC 6749 §2.3.1). Raises OAuthError."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return asked.text("client_id"), asked.maybe("client_secret")
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError as error:
        raise OAuthError("invalid_client", N_("The Authorization header can't be read."), status=401) from error
    return unquote_plus(client_id).replace("\0", ""), unquote_plus(secret)


async def token(request: Request) -> Response:
    """POST /oauth/token."""
    asked = await params(request)
    client_id, secret = _client(request, asked)
    names = ("grant_type", "code", "redirect_uri", "code_verifier", "scope")
    given = {name: value for name in names if (value := asked.maybe(name)) is not None}
    issued = await house_of(request).store.unit(oauth.exchange, given, client_id, secret)
    if isinstance(issued, IssuedToken):
        return answer(issued.answer(), headers={"Cache-Control": "no-store", "Pragma": "no-cache"})
    raise issued


async def revoke(request: Request) -> Response:
    """POST /oauth/revoke (RFC 7009)."""
    asked = await params(request)
    client_id, secret = _client(request, asked)
    refusal = await house_of(request).store.unit(oauth.revoke, client_id, secret, asked.text("token"))
    if refusal is not None:
        raise refusal
    return answer({})


async def metadata(request: Request) -> Response:
    """GET /.well-known/oauth-authorization-server (RFC 8414): only what is served."""
    site = house_of(request).site
    return answer(
        {
            "issuer": site.base_url,
            "authorization_endpoint": site.url("/oauth/authorize"),
            "token_endpoint": site.url("/oauth/token"),
            "revocation_endpoint": site.url("/oauth/revoke"),
            "userinfo_endpoint": site.url("/oauth/userinfo"),
            "app_registration_endpoint": site.url("/api/v1/apps"),
            "scopes_supported": list(scopes.ALL),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "service_documentation": site.url("/about"),
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": CLIENT_AUTH,
            "revocation_endpoint_auth_methods_supported": CLIENT_AUTH,
            "code_challenge_methods_supported": ["S256"],
        }
    )


async def userinfo(request: Request) -> Response:
    """GET /oauth/userinfo: who signed in, in OpenID's words (Mastodon 4.4). Never an e-mail address."""
    house: House = house_of(request)
    caller = await bearer(house, request, "profile|read:accounts")
    row = await house.store.read(accounts.by_id, caller.me)
    if row is None:
        raise RefusalError("token-invalid", N_("The access token is invalid"), status=401)
    told = {
        "iss": house.site.base_url,
        "sub": row.iri,
        "name": row.display_name or row.name,
        "preferred_username": row.name,
        "profile": row.url,
    }
    return answer(told)


ROUTES = [
    Route("/api/v1/apps", create_app, methods=["POST"]),
    Route("/api/v1/apps/verify_credentials", verify_app, methods=["GET"]),
    Route("/oauth/token", oauth_errors(token), methods=["POST"]),
    Route("/oauth/revoke", oauth_errors(revoke), methods=["POST"]),
    Route("/oauth/userinfo", userinfo, methods=["GET", "POST"]),
    Route("/.well-known/oauth-authorization-server", metadata, methods=["GET"]),
]
