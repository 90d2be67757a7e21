"""Find an account or a post by handle or address: here if it is known, else from its own server, and keep it."""

import asyncio
import re
from contextlib import suppress
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from federation.client import webfinger
from federation.client.budget import budget
from federation.client.fetch import fetch
from federation.context import Federation
from federation.errors import FederationError
from federation.remote import actors as remote_actors
from federation.vocab.iris import host_of
from federation.vocab.types import Activity, Actor, Object
from instance.activities.arriving import judging
from instance.activities.arriving.gathering import learn, standing
from instance.activities.arriving.posts import Gathered, collect, is_public, keep
from instance.agreements import strangers
from instance.clock import DAY, Millis
from instance.content import parts
from instance.content.formatting import handles
from instance.db.content import post
from instance.db.people import account
from instance.db.store import Store
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.house import Found
from instance.people import accounts
from instance.people import handles as handles_of
from instance.people.remote import RemoteProfile
from instance.site import Site
from policies.peers import clean_host

FRESH_FOR: Millis = DAY
NOTHING = Found()
LONGEST = 2048
MOST_MET, MEETING_SECONDS = 10, 5.0
_OUR_POST = re.compile(r"/@[a-z0-9_]{1,30}/([0-9]{1,20})")
_OUR_ACCOUNT = re.compile(r"/@([a-z0-9_]{1,30})")


class Lookup:
    """Implements `house.resolver`."""

    def __init__(self, site: Site, store: Store, federation: Federation) -> None:
        self._site = site
        self._store = store
        self._federation = federation

    async def find(self, asked: str, *, fetching: bool = True) -> Found:
        """What a handle (`@name@host`, `name@host`) or an address names; `fetching` False asks only our own rows.

        Posts are fetched only if anyone may read them. Never raises for what can't be had: then nothing is found. Where a
        server is not let in, but may be for what it promises, a job asks for that: a later search may find it.
        """
        asked = asked.strip()
        if not asked or len(asked) > LONGEST:
            return NOTHING
        found = await self._find(asked, fetching=fetching)
        if found == NOTHING and fetching:
            await self._ask_for_its_policy(asked)
        return found

    async def _find(self, asked: str, *, fetching: bool) -> Found:
        try:
            if asked.startswith(("https://", "http://")):
                with budget(host_of(asked), self._federation.domain):
                    return await self._address(asked, fetching=fetching)
            return Found(account_id=await self.account(asked, fetching=fetching))
        except (FederationError, RefusalError):
            return NOTHING

    async def _ask_for_its_policy(self, asked: str) -> None:
        host = clean_host(host_of(asked) if "://" in asked else asked.rpartition("@")[2])
        if host is None or host == self._site.domain or "." not in host:
            return
        policy = await self._federation.ports.policy.document()
        if strangers.in_question(policy, host, self._site.clock.now()):
            await self._store.unit(strangers.ask, [host])

    async def account(self, handle: str, *, fetching: bool = True) -> int | None:
        """The account behind a handle; one without a host is ours. None where there is none, or it can't be had."""
        handle = handle.strip().removeprefix("acct:").removeprefix("@")
        name, mark, host = handle.rpartition("@")
        if not mark or host.lower() == self._site.domain:
            row = await self._store.read(accounts.by_name, name if mark else handle)
            return int(row.id) if row is not None and accounts.is_shown(row) else None
        row = await self._store.read(accounts.by_name, name, host)
        fresh = row is not None and (row.fetched_at or 0) > self._site.clock.now() - FRESH_FOR
        if row is not None and (fresh or not fetching):
            return int(row.id) if accounts.is_shown(row) else None
        if not fetching:
            return None
        try:
            found = await webfinger.resolve_actor(self._federation, handle)
            account_id = await self._learn(await judging.account(self._federation, found.actor))
            if account_id is not None and host_of(found.iri) != host.lower():
                named = await webfinger.canonical(self._federation, found.actor)
                await self._store.unit(handles_of.settle, account_id, named.host, named.iris)
            return account_id
        except (FederationError, RefusalError):
            return int(row.id) if row is not None and accounts.is_shown(row) else None

    async def afresh(self, asked: str) -> int | None:
        """The account behind a handle or an address, its profile as it is at its own server now; None: can't be had."""
        account_id = (await self.find(asked)).account_id
        row = await self._store.read(accounts.by_id, account_id) if account_id is not None else None
        if row is None or row.domain == "":
            return account_id
        try:
            found = await remote_actors.actor(self._federation, row.iri, fresh=True)
            return await self._learn(await judging.account(self._federation, found.actor))
        except (FederationError, RefusalError):
            return None

    async def learn(self, text: str) -> int | None:
        """The id of the account, if any, that a handle or an address names; a post is kept all the same."""
        return (await self.find(text)).account_id

    async def meet(self, text: str) -> None:
        """Look up whom a text is about to mention and whom we don't know yet, so that the mention reaches them.

        At most `MOST_MET` are asked for, all together within `MEETING_SECONDS`; who can't be had stays plain text.
        """
        asked = handles(text)
        if not any(host for _, host in asked):
            return
        known = await self._store.read(parts.named_in, text, self._site.domain)
        strangers = sorted(pair for pair in asked if pair not in known and pair[1] not in {"", self._site.domain})
        with suppress(TimeoutError):
            async with asyncio.timeout(MEETING_SECONDS):
                await asyncio.gather(*(self.account(f"{name}@{host}") for name, host in strangers[:MOST_MET]))

    async def _address(self, address: str, *, fetching: bool) -> Found:
        if address.startswith(self._site.base_url + "/"):
            return await self._store.read(_ours, urlsplit(address).path, address)
        known = await self._store.read(_known, address)
        if known != NOTHING or not fetching:
            return known
        about = await fetch(self._federation, address)
        if isinstance(about, Actor):
            found = await remote_actors.actor(self._federation, about.id)
            return Found(account_id=await self._learn(await judging.account(self._federation, found.actor)))
        if isinstance(about, Activity) or not about.is_post or not is_public(about):
            return NOTHING
        return await self._post(about)

    async def _post(self, about: Object) -> Found:
        known = await self._store.read(_known, about.id)
        if known != NOTHING:
            return known
        about_author = await standing(self._federation, about.attributed_to, [], [])
        gathered = await collect(self._federation, about, about_author)
        return Found(post_id=await self._store.unit(_keep, gathered))

    async def _learn(self, profile: RemoteProfile) -> int | None:
        return (await self._store.unit(learn, [profile])).get(profile.iri)


def _keep(u: Unit, gathered: Gathered) -> int | None:
    learn(u, gathered.profiles)
    return keep(u, gathered)


def _ours(connection: Connection, path: str, address: str) -> Found:
    if match := _OUR_POST.fullmatch(path):
        row = connection.execute(select(post.c.id).where(post.c.id == int(match[1]) % 2**63)).first()
        return Found(post_id=row.id) if row is not None else NOTHING
    if match := _OUR_ACCOUNT.fullmatch(path):
        named = accounts.by_name(connection, match[1])
        return Found(account_id=named.id) if named is not None and accounts.is_shown(named) else NOTHING
    return _known(connection, address)


def _known(connection: Connection, address: str) -> Found:
    who = (account.c.iri == address, account.c.deleted_at.is_(None), account.c.suspended_at.is_(None))
    account_id = connection.execute(select(account.c.id).where(*who)).scalar()
    if account_id is not None:
        return Found(account_id=account_id)
    what = (post.c.iri == address.removesuffix("/activity"), post.c.deleted_at.is_(None))
    post_id = connection.execute(select(post.c.id).where(*what)).scalar()
    return Found(post_id=post_id) if post_id is not None else NOTHING
