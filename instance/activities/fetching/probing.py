"""The network side of probes: a canary's picture, looks as a stranger, a look at the copy as its author."""

import secrets
import struct
import zlib
from functools import partial
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Row

from federation.client.fetch import get_json
from federation.context import Federation
from federation.errors import FederationError, GoneError, RefusedError, UnreachableError
from federation.remote.outside import ACTIVITY, ANYTHING, JSON, Glance, glance
from federation.vocab import limits
from federation.vocab.iris import host_of, is_iri, origin_of
from federation.vocab.reading import listed, text
from instance.agreements import canary, probes, rows, trust
from instance.house import House
from instance.jobs.local import Effect
from instance.jobs.table import Job
from instance.media.attachments import Words
from instance.people import accounts
from policies.sections import Promises

SIDE = 16
MOST_MEDIA = 4
Step = list[str]
"""[check, outcome, where]; outcome: nothing, found, there, gone, noted."""


async def plant(house: House, job: Job) -> Effect | None:
    """Job `plant-canary`: make the picture, then write the canary."""
    probe_id = int(job.payload["probe_id"])
    author = await house.store.read(canary.account_id)
    if author is None:
        return None
    media_id = await house.intake.take_image(author, noise(), Words("canary"))
    return lambda u: probes.plant(u, probe_id, media_id)


async def step(house: House, job: Job) -> Effect | None:
    """Job `look-for-canary`: look at the peer from outside, once."""
    probe_id = int(job.payload["probe_id"])
    row = await house.store.read(probes.by_id, probe_id)
    if row is None or row.state not in probes.RUNNING or row.canary_word is None:
        return None
    if row.copy_iri is None:
        return partial(probes.not_told, probe_id=probe_id) if _time_is_over(house, row) else None
    known = await house.store.read(_known, row.host)
    look = Look(house.federation, row.host, probes.word_of(house.site.vault, row), row, known)
    try:
        steps = await look.all()
    except UnreachableError:
        return lambda u: probes.not_reached(u, probe_id)
    return lambda u: probes.looked(u, probe_id, steps)


def _time_is_over(house: House, row: Row[Any]) -> bool:
    over: bool = house.site.clock.now() >= row.started_at + probes.TELL_WITHIN
    return over


def _known(connection: Connection, host: str) -> tuple[str, str, Promises]:
    """(origin of the peer, our canary's handle, what the peer promises)."""
    known = rows.trust_of(connection, host)
    ours = canary.account_id(connection)
    row = accounts.by_id(connection, ours) if ours is not None else None
    origin = origin_of(known.actor) if known is not None and known.actor else f"https://{host}"
    return origin, row.name if row is not None else "", trust.promised(connection, host)


class Look:
    """One look at a peer. Raises UnreachableError where it can't be had."""

    def __init__(
        self, federation: Federation, host: str, word: str, row: Row[Any], known: tuple[str, str, Promises]
    ) -> None:
        self._federation = federation
        self._word = word
        self._row = row
        self._origin, self._name, self._promises = known
        self._media = sorted({step[2] for step in row.steps if step[0] == "media"})
        self._pages: list[str] = []

    async def all(self) -> list[Step]:
        """Every check; the copy as its author first, for it names the addresses that strangers must not read."""
        steps = [await self._copy()]
        steps += [await self._read(address) for address in [self._row.copy_iri, *self._pages]]
        steps += [await self._picture(address) for address in self._media]
        steps += [await self._api(check, path) for check, path in self._addresses()]
        steps += await self._by_account()
        return steps

    async def _copy(self) -> Step:
        """What the peer keeps, read with our signature, as the agreement arranges."""
        try:
            document, _ = await get_json(self._federation, self._row.copy_iri)
        except UnreachableError:
            raise
        except GoneError:
            return ["copy", "gone", self._row.copy_iri]
        except FederationError:
            return ["copy", "gone", self._row.copy_iri]
        here = [address for address in (_address(item) for item in listed(document.get("attachment"))) if address]
        new = [address for address in here if host_of(address) == self._row.host and address not in self._media]
        self._media += new[:MOST_MEDIA]
        pages = [address for address in listed(document.get("url")) if is_iri(address)]
        self._pages = [address for address in pages if host_of(address) == self._row.host][:MOST_MEDIA]
        there = self._word in text(document.get("content"))
        return ["copy", "there" if there else "gone", self._row.copy_iri]

    async def _read(self, address: str) -> Step:
        for accept in (ACTIVITY, ANYTHING):
            seen = await self._glance(address, accept)
            if seen is not None and seen.holds(self._word):
                return ["unsigned-read", "found", address]
        return ["unsigned-read", "nothing", address]

    async def _picture(self, address: str) -> Step:
        seen = await self._glance(address, ANYTHING)
        readable = seen is not None and seen.answered
        if readable and not self._promises.protected_media and self._row.state == probes.PLANTED:
            return ["media", "noted", address]  # by an address that only readers are told; nothing else is promised
        return ["media", "found" if readable else "nothing", address]

    async def _api(self, check: str, path: str) -> Step:
        seen = await self._glance(f"{self._origin}{path}", JSON)
        return [check, "found" if seen is not None and seen.holds(self._word) else "nothing", path]

    def _addresses(self) -> list[tuple[str, str]]:
        tag, iri = probes.tag_of(self._row.id), quote(self._row.canary_iri, safe="")
        return [
            ("public-api", "/api/v1/timelines/public?limit=40"),
            ("public-api", "/api/v1/timelines/public?remote=true&limit=40"),
            ("public-api", f"/api/v1/timelines/tag/{tag}?limit=40"),
            ("search", f"/api/v2/search?q={self._word}&limit=40"),
            ("search", f"/api/v2/search?q={tag}&limit=40"),
            ("search", f"/api/v2/search?q={iri}&limit=40"),
            ("unsigned-read", f"/@{self._name}@{self._federation.domain}"),
        ]

    async def _by_account(self) -> list[Step]:
        """The canary's account as the peer's API shows it to strangers, and what it says that this account wrote."""
        handle = quote(f"{self._name}@{self._federation.domain}", safe="@")
        seen = await self._glance(f"{self._origin}/api/v1/accounts/lookup?acct={handle}", JSON)
        account = _object(seen).get("id")
        if not isinstance(account, str) or not account.isalnum():
            return []
        return [await self._api("public-api", f"/api/v1/accounts/{account}/statuses?limit=40")]

    async def _glance(self, address: str, accept: str) -> Glance | None:
        try:
            return await glance(self._federation, address, accept)
        except RefusedError:
            return None


def _object(seen: Glance | None) -> dict[str, Any]:
    if seen is None or not seen.answered:
        return {}
    try:
        return limits.parse(seen.body)
    except FederationError:
        return {}


def _address(item: Any) -> str:
    found = item.get("url") if isinstance(item, dict) else item
    return str(found) if is_iri(found) else ""


def noise() -> bytes:
    """A small picture (PNG) of noise, unlike any other."""
    lines = b"".join(b"\0" + secrets.token_bytes(SIDE * 3) for _ in range(SIDE))
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
