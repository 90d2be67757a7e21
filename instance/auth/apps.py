"""Apps (OAuth clients): register them, find them, check their secret."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, insert, select

from instance.auth import scopes as scope_names
from instance.auth.home import hashed
from instance.db.system import oauth_app
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_
from instance.ids import random_id, token

OOB = "urn:ietf:wg:oauth:2.0:oob"
NAME_LENGTH = 60
URI_LENGTH = 2000
MOST_URIS = 20
# Schemes that a browser or a system would run instead of handing them to an app.
DANGEROUS = {"javascript", "data", "vbscript", "file", "filesystem", "blob", "about", "view-source"}


@dataclass(frozen=True, slots=True)
class NewApp:
    """A registered app; the only time that its secret is known."""

    id: int
    name: str
    website: str | None
    client_id: str
    client_secret: str | None
    redirect_uris: list[str]
    scopes: list[str]


def register_app(
    u: Unit,
    name: str,
    redirect_uris: Sequence[str] = (OOB,),
    scopes: str = "",
    website: str | None = None,
    *,
    confidential: bool = True,
) -> NewApp:
    """Register an app (docs.joinmastodon.org/methods/apps). Raises RefusalError with Mastodon's wording.

    `confidential` False gives an app without a secret, which must use PKCE.
    """
    name = " ".join(name.split())
    if not name:
        raise _invalid(N_("Validation failed: Application name can't be blank"))
    if len(name) > NAME_LENGTH:
        raise _invalid(N_("Validation failed: Application name is too long (maximum is 60 characters)"))
    uris = list(dict.fromkeys(uri.strip() for uri in redirect_uris if uri.strip()))
    if not uris:
        raise _invalid(N_("Validation failed: Redirect URI can't be blank"))
    if len(uris) > MOST_URIS or not all(is_redirect_uri(uri) for uri in uris):
        raise _invalid(N_("Validation failed: Redirect URI must be an absolute URI."))
    try:
        wanted = scope_names.parse(scopes) or [scope_names.DEFAULT]
    except ValueError as error:
        raise _invalid(N_("Validation failed: Scopes doesn't match configured on the server.")) from error
    if website and (len(website) > URI_LENGTH or urlsplit(website).scheme not in {"http", "https"}):
        raise _invalid(N_("Validation failed: Website must be a valid URL"))
    client_id, secret = token(256), token(256) if confidential else None
    app_id = random_id()
    row = {"id": app_id, "client_id": client_id, "name": name, "website": website or None}
    kept = {"secret_hash": hashed(secret) if secret else None, "redirect_uris": uris, "scopes": " ".join(wanted)}
    u.connection.execute(insert(oauth_app).values(**row, **kept, created_at=u.now))
    return NewApp(app_id, name, website or None, client_id, secret, uris, wanted)


def is_redirect_uri(uri: str) -> bool:
    """Whether a browser may be sent there: absolute, no fragment, no scheme that runs code (RFC 6749 §3.1.2)."""
    if len(uri) > URI_LENGTH or any(ord(letter) <= 32 or ord(letter) == 127 for letter in uri):
        return False
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    if not parts.scheme or parts.scheme in DANGEROUS or "#" in uri:
        return False
    return bool(parts.hostname) if parts.scheme in {"http", "https"} else True


def app_by_client_id(connection: Connection, client_id: str) -> Row[Any] | None:
    """The app with this public id."""
    client_id = client_id.replace("\0", "")
    return connection.execute(select(oauth_app).where(oauth_app.c.client_id == client_id)).first()


def app_by_id(connection: Connection, app_id: int) -> Row[Any] | None:
    """The app with this row id."""
    return connection.execute(select(oauth_app).where(oauth_app.c.id == app_id)).first()


def has_secret(app: Row[Any], secret: str | None) -> bool:
    """Whether whoever sends this secret is the app. An app without a secret must send none."""
    if app.secret_hash is None:
        return not secret
    return bool(secret) and hmac.compare_digest(hashed(secret or ""), app.secret_hash)


def _invalid(sentence: str) -> RefusalError:
    return RefusalError("app-invalid", sentence)
