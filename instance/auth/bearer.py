"""Who calls the API: a token in the Authorization header, checked with one hot read and never cached.

No cache, so that a revoked token, an ended membership or a suspension counts from the next request on.
"""

from dataclasses import dataclass

from sqlalchemy import update
from starlette.requests import HTTPConnection

from instance.auth.home import Home, hashed
from instance.auth.scopes import covers
from instance.clock import DAY, Millis
from instance.db.hot import Query
from instance.db.people import login
from instance.db.system import oauth_token
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_

TOUCH: Millis = DAY
LONGEST = 200

FIND = Query(
    "SELECT t.id, t.app_id, t.login_id, t.account_id, t.scopes, t.last_used_at, l.state, a.suspended_at, a.deleted_at"
    " FROM oauth_token t LEFT JOIN login l ON l.id = t.login_id LEFT JOIN account a ON a.id = t.account_id"
    " WHERE t.token_hash = :token_hash AND t.revoked_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever a token speaks for. `account_id` is None for a token of an app alone."""

    account_id: int | None
    login_id: int | None
    token_id: int
    app_id: int
    scopes: frozenset[str]

    @property
    def me(self) -> int:
        """The member's account. Raises RefusalError for a token of an app alone."""
        if self.account_id is None:
            raise RefusalError("member-needed", N_("This method requires an authenticated user"), status=422)
        return self.account_id


def token_of(request: HTTPConnection) -> str | None:
    """The bearer token of a request, from its header (RFC 6750 §2.1)."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    value = value.strip()
    return value if scheme.lower() == "bearer" and 0 < len(value) <= LONGEST else None


async def bearer(home: Home, request: HTTPConnection, *scopes: str) -> Caller:
    """The member who calls, with all of these scopes.

    Raises RefusalError: 401 without a valid token, 403 for scopes that it lacks or a login that is pending or
    suspended, 422 for a token of an app alone.
    """
    caller = await app_bearer(home, request, *scopes)
    caller.me  # noqa: B018 - refuses a token of an app alone
    return caller


async def app_bearer(home: Home, request: HTTPConnection, *scopes: str) -> Caller:
    """Like `bearer`, but a token of an app alone (client_credentials) is welcome. `a|b` asks for either scope."""
    caller = await caller_of(home, token_of(request))
    for scope in scopes:
        check_scope(caller, scope)
    return caller


def check_scope(caller: Caller, scope: str) -> None:
    """Raises RefusalError (403) where a token does not cover a scope; `a|b` asks for either."""
    if not any(covers(caller.scopes, either) for either in scope.split("|")):
        raise RefusalError("scope-missing", N_("This action is outside the authorized scopes"), status=403)


async def optional_bearer(home: Home, request: HTTPConnection, scope: str = "") -> Caller | None:
    """The caller, or None where no token was sent. A token that does not hold, or lacks `scope`, is refused all the same."""
    value = token_of(request)
    if not value:
        return None
    caller = await caller_of(home, value)
    if scope:
        check_scope(caller, scope)
    return caller


async def caller_of(home: Home, value: str | None) -> Caller:
    """Whoever this token speaks for (streaming sends it in other places too). Raises RefusalError."""
    rows = await home.store.hot(FIND, token_hash=hashed(value)) if value else []
    if not rows:
        raise RefusalError("token-invalid", N_("The access token is invalid"), status=401)
    token_id, app_id, login_id, account_id, scopes, last_used_at, state, suspended_at, deleted_at = rows[0]
    if login_id is not None:
        if state == "pending":
            raise RefusalError("login-pending", N_("Your login is currently pending approval"), status=403)
        if state != "active" or suspended_at is not None or deleted_at is not None:
            raise RefusalError("login-disabled", N_("Your login is currently disabled"), status=403)
    now = home.site.clock.now()
    if last_used_at is None or now - last_used_at >= TOUCH:
        await home.store.unit(_touch, token_id, login_id)
    return Caller(account_id, login_id, token_id, app_id, frozenset(scopes.split()))


def _touch(u: Unit, token_id: int, login_id: int | None) -> None:
    u.connection.execute(update(oauth_token).where(oauth_token.c.id == token_id).values(last_used_at=u.now))
    if login_id is not None:
        u.connection.execute(update(login).where(login.c.id == login_id).values(last_seen_at=u.now))
