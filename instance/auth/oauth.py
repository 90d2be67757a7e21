"""OAuth 2 as Mastodon's apps use it: check a request, grant a code, exchange it for a token, revoke (RFC 6749, 7636, 7009).

PKCE is verified whenever a challenge was sent, S256 only, and required of apps without a secret (DECISIONS 30). A code
lives 60 seconds and is used once; a second use ends the token that the first one got.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, Row, delete, insert, select, update

from instance.auth import scopes as scope_names
from instance.auth.apps import OOB, app_by_client_id, has_secret
from instance.auth.home import hashed
from instance.clock import DAY, SECOND, Millis
from instance.db.people import account, login
from instance.db.system import oauth_app, oauth_code, oauth_token
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_
from instance.ids import random_id, token

CODE_LIFE: Millis = 60 * SECOND
CODE_KEPT: Millis = DAY
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class OAuthError(RefusalError):
    """A refusal in OAuth's own words (RFC 6749 §4.1.2.1, §5.2). `redirect` is where the browser may be told, if known."""

    def __init__(self, error: str, sentence: str, *, status: int = 400, redirect: str | None = None) -> None:
        super().__init__(error, sentence, status=status)
        self.redirect = redirect


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """What an app asks a member for, checked."""

    app_id: int
    client_id: str
    app_name: str
    website: str | None
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None
    force_login: bool

    def fields(self) -> dict[str, str]:
        """The request again, for the hidden fields of a form."""
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect_uri,
            "scope": " ".join(self.scopes), "state": self.state, "code_challenge": self.challenge,
            "code_challenge_method": "S256" if self.challenge else None,
        }  # fmt: skip
        return {name: value for name, value in asked.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Granted:
    """A code was issued: the browser goes to `url`, or, out of band, the member is shown `code`."""

    code: str
    url: str | None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token, the only time that it is known."""

    token: str
    scopes: tuple[str, ...]
    created_at: Millis
    account_id: int | None

    def answer(self) -> dict[str, object]:
        """Mastodon's Token entity; `created_at` in seconds."""
        return {
            "access_token": self.token, "token_type": "Bearer", "scope": " ".join(self.scopes),
            "created_at": self.created_at // 1000,
        }  # fmt: skip


def check_request(connection: Connection, params: Mapping[str, str]) -> AuthorizeRequest:
    """Check what an app sent to /oauth/authorize. Raises OAuthError.

    While app and redirect are in doubt the refusal has no `redirect`: the browser must not be sent anywhere.
    """
    app = app_by_client_id(connection, params.get("client_id", ""))
    if app is None:
        raise OAuthError("invalid_client", N_("This app is not known here. Register it again."), status=401)
    redirect_uri = params.get("redirect_uri", "")
    if redirect_uri not in app.redirect_uris:
        raise OAuthError(
            "invalid_redirect_uri", N_("The app asks to be answered at an address that it did not register.")
        )
    state = params.get("state")

    def refuse(error: str, sentence: str) -> OAuthError:
        return OAuthError(error, sentence, redirect=error_url(redirect_uri, error, state))

    if params.get("response_type") != "code":
        raise refuse("unsupported_response_type", N_("The app must ask with response_type=code."))
    try:
        wanted = scope_names.parse(params.get("scope", "")) or [scope_names.DEFAULT]
    except ValueError as error:
        raise refuse("invalid_scope", N_("The app asks for a permission that does not exist here.")) from error
    if not scope_names.within(app.scopes.split(), wanted):
        raise refuse("invalid_scope", N_("The app asks for more permissions than it registered for."))
    challenge = params.get("code_challenge") or None
    if challenge and (params.get("code_challenge_method", "plain") != "S256" or not CHALLENGE.fullmatch(challenge)):
        raise refuse("invalid_request", N_("The app must use code_challenge_method=S256."))
    if challenge is None and app.secret_hash is None:
        raise refuse("invalid_request", N_("An app without a secret must send a code_challenge."))
    forced = params.get("force_login", "").lower() in {"1", "true", "yes"}
    return AuthorizeRequest(
        app.id, app.client_id, app.name, app.website, redirect_uri, tuple(wanted), state, challenge, forced
    )


def grant(u: Unit, asked: AuthorizeRequest, login_id: int, account_id: int) -> Granted:
    """The member said yes: issue a code for the account that the app will speak for."""
    code = token(256)
    u.connection.execute(delete(oauth_code).where(oauth_code.c.expires_at < u.now - CODE_KEPT))
    row = {"code_hash": hashed(code), "app_id": asked.app_id, "login_id": login_id, "account_id": account_id}
    kept = {"redirect_uri": asked.redirect_uri, "scopes": " ".join(asked.scopes), "challenge": asked.challenge}
    u.connection.execute(insert(oauth_code).values(**row, **kept, expires_at=u.now + CODE_LIFE))
    if asked.redirect_uri == OOB:
        return Granted(code, None)
    return Granted(code, _with_query(asked.redirect_uri, {"code": code, "state": asked.state}))


def error_url(redirect_uri: str, error: str, state: str | None) -> str | None:
    """Where the browser goes with a refusal ('access_denied' when the member says no); None out of band."""
    return None if redirect_uri == OOB else _with_query(redirect_uri, {"error": error, "state": state})


def exchange(u: Unit, params: Mapping[str, str], client_id: str, secret: str | None) -> IssuedToken | OAuthError:
    """POST /oauth/token. A refusal is returned, not raised: what a reused code undoes must be kept."""
    app = app_by_client_id(u.connection, client_id)
    if app is None or not has_secret(app, secret):
        return OAuthError(
            "invalid_client", N_("Client authentication failed: unknown client or wrong secret."), status=401
        )
    kind = params.get("grant_type")
    if kind == "authorization_code":
        return _from_code(u, app, params)
    if kind == "client_credentials":
        return _for_app(u, app, params)
    if not kind:
        return OAuthError("invalid_request", N_("Missing required parameter: grant_type."))
    return OAuthError("unsupported_grant_type", N_("Use grant_type authorization_code or client_credentials."))


def issue(
    u: Unit, app_id: int, scopes: list[str], login_id: int | None, account_id: int | None, code_hash: str | None = None
) -> IssuedToken:
    """Issue a token. It is shown once and kept hashed."""
    value = token(256)
    row = {"id": random_id(), "token_hash": hashed(value), "app_id": app_id, "scopes": " ".join(scopes)}
    owner = {"login_id": login_id, "account_id": account_id, "code_hash": code_hash}
    u.connection.execute(insert(oauth_token).values(**row, **owner, created_at=u.now))
    return IssuedToken(value, tuple(scopes), u.now, account_id)


def revoke(u: Unit, client_id: str, secret: str | None, value: str) -> OAuthError | None:
    """POST /oauth/revoke: end a token of this app. Unknown tokens are fine (RFC 7009 §2.2), others' are not."""
    app = app_by_client_id(u.connection, client_id)
    if app is None or not has_secret(app, secret):
        return OAuthError("unauthorized_client", N_("You are not authorized to revoke this token"), status=403)
    found = u.connection.execute(select(oauth_token).where(oauth_token.c.token_hash == hashed(value))).first()
    if found is not None and found.app_id != app.id:
        return OAuthError("unauthorized_client", N_("You are not authorized to revoke this token"), status=403)
    if found is not None:
        _revoke(u, oauth_token.c.id == found.id)
    return None


def revoke_app(u: Unit, login_id: int, app_id: int) -> int:
    """End all tokens that an app has of a login; returns how many."""
    return _revoke(u, (oauth_token.c.login_id == login_id) & (oauth_token.c.app_id == app_id))


def revoke_all(u: Unit, login_id: int) -> int:
    """End all tokens of a login."""
    return _revoke(u, oauth_token.c.login_id == login_id)


def apps_of(connection: Connection, login_id: int) -> list[Row[Any]]:
    """The tokens in force of a login with their apps: token_id, app_id, name, website, scopes, created_at, last_used_at."""
    t, a = oauth_token.c, oauth_app.c
    asked = select(t.id.label("token_id"), t.app_id, a.name, a.website, t.scopes, t.created_at, t.last_used_at)
    asked = asked.join(oauth_app, a.id == t.app_id).where(t.login_id == login_id, t.revoked_at.is_(None))
    return list(connection.execute(asked.order_by(t.created_at.desc())))


def _from_code(u: Unit, app: Row[Any], params: Mapping[str, str]) -> IssuedToken | OAuthError:
    bad = OAuthError("invalid_grant", N_("The code is wrong, too old, used already, or was given for another address."))
    code_hash = hashed(params.get("code", ""))
    used = update(oauth_code).where(oauth_code.c.code_hash == code_hash, oauth_code.c.app_id == app.id)
    first = u.connection.execute(
        used.where(oauth_code.c.used_at.is_(None)).values(used_at=u.now).returning(*oauth_code.c)
    ).first()
    if first is None:
        _revoke(u, (oauth_token.c.code_hash == code_hash) & (oauth_token.c.app_id == app.id))
        return bad
    if first.expires_at <= u.now or first.redirect_uri != params.get("redirect_uri"):
        return bad
    if not _proves(first.challenge, params.get("code_verifier"), public=app.secret_hash is None):
        return bad
    if not _may_sign_in(u.connection, first.login_id):
        return bad
    return issue(u, app.id, first.scopes.split(), first.login_id, first.account_id, code_hash)


def _for_app(u: Unit, app: Row[Any], params: Mapping[str, str]) -> IssuedToken | OAuthError:
    if app.secret_hash is None:
        return OAuthError("unauthorized_client", N_("An app without a secret gets no token of its own."))
    try:
        wanted = scope_names.parse(params.get("scope", "")) or [scope_names.DEFAULT]
    except ValueError:
        wanted = []
    if not wanted or not scope_names.within(app.scopes.split(), wanted):
        return OAuthError("invalid_scope", N_("The app asks for more permissions than it registered for."))
    return issue(u, app.id, wanted, None, None)


def _proves(challenge: str | None, verifier: str | None, *, public: bool) -> bool:
    """RFC 7636 §4.6, S256. A verifier without a challenge is refused too: somebody has swapped requests."""
    if challenge is None:
        return not public and not verifier
    if not verifier or not VERIFIER.fullmatch(verifier):
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return hmac.compare_digest(made, challenge)


def _may_sign_in(connection: Connection, login_id: int) -> bool:
    asked = select(login.c.id).join(account, account.c.id == login.c.account_id)
    shown = (account.c.suspended_at.is_(None)) & (account.c.deleted_at.is_(None))
    return connection.execute(asked.where(login.c.id == login_id, login.c.state == "active", shown)).first() is not None


def _revoke(u: Unit, which: Any) -> int:
    ended = update(oauth_token).where(which, oauth_token.c.revoked_at.is_(None)).values(revoked_at=u.now)
    return u.connection.execute(ended).rowcount


def _with_query(uri: str, more: Mapping[str, str | None]) -> str:
    """An address with parameters added. Text is added, nothing is read: custom schemes stay as they were registered."""
    pairs = urlencode([(name, value) for name, value in more.items() if value is not None])
    return f"{uri}{'&' if '?' in uri else '?'}{pairs}"
