"""Makers: members with tokens, without the walk through sign-up and OAuth (that walk has tests of its own)."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import insert

from instance.db.people import login
from instance.db.system import oauth_app, oauth_token
from instance.db.unit import Unit
from instance.ids import random_id
from instance.people import accounts
from tests.support.world import Running

ALL_SCOPES = "read write follow push"


@dataclass
class Member:
    """A member who has an app."""

    name: str
    account_id: int
    login_id: int
    token_id: int
    token: str
    client: httpx.AsyncClient

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.get(path, headers=self.headers, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.post(path, headers=self.headers, **options)

    async def put(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.put(path, headers=self.headers, **options)

    async def patch(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.patch(path, headers=self.headers, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.request("DELETE", path, headers=self.headers, **options)


async def member(
    running: Running, name: str, *, scopes: str = ALL_SCOPES, role: str = "member", public: bool = False
) -> Member:
    """A person with an account, a login and a token. `public`: she has allowed public posting."""

    def make(u: Unit) -> tuple[int, int, int, str]:
        account_id = accounts.create(u, name, display_name=name.title(), public_posting=public)
        login_id, app_id, token_id, token = random_id(), random_id(), random_id(), secrets.token_urlsafe(32)
        person = {"id": login_id, "account_id": account_id, "password_hash": "!", "role": role}
        u.connection.execute(insert(login).values(**person, created_at=u.now))
        app = {
            "id": app_id,
            "client_id": secrets.token_hex(8),
            "name": "Test app",
            "redirect_uris": [],
            "scopes": scopes,
        }
        u.connection.execute(insert(oauth_app).values(**app, created_at=u.now))
        held = {"id": token_id, "token_hash": hashlib.sha256(token.encode()).hexdigest(), "scopes": scopes}
        owner = {"app_id": app_id, "login_id": login_id, "account_id": account_id}
        u.connection.execute(insert(oauth_token).values(**held, **owner, created_at=u.now))
        return account_id, login_id, token_id, token

    account_id, login_id, token_id, token = await running.house.store.unit(make)
    return Member(name, account_id, login_id, token_id, token, running.client)
