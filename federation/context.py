"""Federation: one instance's dealings with others. Built once by `app`, passed explicitly."""

import asyncio
from dataclasses import dataclass, field

from federation.allowance import Allowance
from federation.client.http import Client
from federation.client.lines import Lines
from federation.collector import Collector
from federation.ledger import Ledger
from federation.ports import Clock, Ports, Seals, Store
from federation.questions import Questions
from federation.remote.memory import Memory
from federation.signatures.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Federation:
    """What inbound, outbound, endpoints, fetches and look-ups work with."""

    base_url: str
    store: Store
    clock: Clock
    client: Client
    lines: Lines
    keyring: Keyring
    seals: Seals
    memory: Memory
    ports: Ports
    arrivals: Collector
    """Stores what inboxes were sent, many in one transaction."""
    ledger: Ledger
    """Counts what is turned away, and notes who was heard from."""
    allowance: Allowance
    """How much each server may send, and have us fetch."""
    questions: Questions
    """Puts together what a batch of activities asks our rows."""
    user_agent: str = "Skerry"
    software_version: str = ""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is to end: nothing new is begun."""
    open_registrations: bool = False
    plain_peers: bool = False
    """Whether peers may be reached by http without TLS (development, listed peers)."""

    @property
    def domain(self) -> str:
        """`host[:port]` of this instance."""
        return self.base_url.partition("://")[2]

    @property
    def kinds(self) -> frozenset[str]:
        """Activity types that something is done with here."""
        return frozenset(kind for kind, _ in self.ports.handlers)

    @property
    def actor(self) -> str:
        """IRI of the Application, which signs what no member does."""
        return f"{self.base_url}/actor"

    @property
    def policy(self) -> str:
        """IRI of the policy that this instance publishes."""
        return f"{self.base_url}/policy"

    def is_ours(self, iri: str) -> bool:
        """Whether an IRI lies on this instance."""
        return iri == self.base_url or iri.startswith(self.base_url + "/")

    async def aclose(self) -> None:
        """Close all connections."""
        await self.client.aclose()
        await self.lines.aclose()
        await self.ledger.aclose()
