"""What federation asks of the instance: judgements, local actors and objects, handlers. Protocols only, plain values."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from federation.vocab.types import Activity
from policies.decision import Decision
from policies.document import PolicyDocument
from policies.facts import PeerFacts

T = TypeVar("T")


class Store(Protocol):
    """The database, as `instance.db.store` offers it."""

    async def unit(self, fn: Callable[..., T], *args: Any) -> T:
        """Run `fn(unit, *args)` in one transaction."""
        ...

    async def read(self, fn: Callable[..., T], *args: Any) -> T:
        """Run `fn(connection, *args)`, which only reads."""
        ...


class Unit(Protocol):
    """A unit of work; opaque but for what federation itself needs of it."""

    @property
    def connection(self) -> Connection: ...

    @property
    def now(self) -> int: ...

    def wake(self, runner: str) -> None: ...

    def after_commit(self, call: Callable[[], None]) -> None: ...


class Clock(Protocol):
    """`now()` for rules, `wire()` for Date headers and leases; milliseconds UTC."""

    def now(self) -> int: ...

    def wire(self) -> int: ...


class Seals(Protocol):
    """The vault, for private keys and for words that wait."""

    def sealed(self, value: bytes) -> bool: ...

    def seal(self, plain: bytes, table: str, column: str, row: str | int) -> bytes: ...

    def open(self, sealed: bytes, table: str, column: str, row: str | int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy with its number and the moment from which it holds."""

    number: int
    adopted_at: int
    document: PolicyDocument


class PolicyInForce(Protocol):
    """The policy in force, asked at accept, at enqueue, at send and at every signed read."""

    async def document(self) -> PolicyDocument:
        """The newest document; cheap enough to be asked for each time."""
        ...

    async def about(self, host: str) -> tuple[PolicyDocument, PeerFacts]:
        """The same, with what is known of one peer (`host[:port]`) now. Whether it signed is for the caller to say."""
        ...

    async def newest(self) -> PolicyVersion:
        """The same, as it is published."""
        ...


@dataclass(frozen=True, slots=True)
class LocalActor:
    """One of our actors, as its document without keys and the page for people."""

    iri: str
    kind: str  # Person Group
    name: str  # preferredUsername
    document: dict[str, Any]
    page: str


@dataclass(frozen=True, slots=True)
class HiddenActor:
    """One of our actors that is suspended, or gone since `deleted_at`: its document without words."""

    kind: str
    document: dict[str, Any]
    deleted_at: int | None = None


class LocalActors(Protocol):
    """Our actors, but for the Application, which is federation's own."""

    async def by_iri(self, iri: str) -> LocalActor | None:
        """None for what is absent, deleted or not for the wire."""
        ...

    async def hidden(self, iri: str) -> HiddenActor | None:
        """One that `by_iri` does not tell of because it is suspended or deleted; None: never was one for the wire."""
        ...

    async def by_name(self, name: str) -> LocalActor | None:
        """By preferredUsername, for WebFinger; None also for actors that WebFinger must not show."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """Who signed a GET."""

    actor: str
    host: str


@dataclass(frozen=True, slots=True)
class Collected:
    """A collection as one reader may see it; None is 'not told'."""

    items: list[Any] | None = None
    total: int | None = None
    terms: dict[str, Any] = field(default_factory=dict)


class LocalObjects(Protocol):
    """Our posts, activities, boosts and collections, as one reader may see them."""

    async def document(self, iri: str, reader: Reader) -> dict[str, Any] | None:
        """Post, activity or boost; a Tombstone where it is known to be gone; None: absent or not for this reader."""
        ...

    async def collection(self, owner: str, name: str, reader: Reader) -> Collected | None:
        """outbox, followers, following, featured, replies, context, moderators of an actor or post; None: no such thing."""
        ...

    async def page(self, iri: str) -> str | None:
        """Where a browser that asks for this IRI is to go; None: nowhere."""
        ...


class Judgements(Protocol):
    """The policy's judgement of what came in, by all that is known of it."""

    async def activity(self, federation: Any, host: str, activity: Activity) -> Decision:
        """Whether an activity that `host` signed may have its effect. Posts and profiles are judged where they are gathered."""
        ...


class Handler(Protocol):
    """What one kind of activity does here."""

    async def gather(self, federation: Any, activity: Activity) -> Any:
        """All that needs the network: unknown actors, objects to be fetched. Its result goes to `apply`.

        Raises JudgedError for a post that the policy does not let in.
        """
        ...

    def apply(self, u: Any, activity: Activity, gathered: Any) -> None:
        """The effect, in the transaction that marks the activity done. Raising UnbelievableError drops it without a retry."""
        ...


@dataclass(frozen=True, slots=True)
class About:
    """What our rows say of something that an activity names: a post, a boost, an account, a follow, a mark, a block."""

    owner: str
    """IRI of whose it is: author, follower, who liked or blocked; of an account or its collections the account."""
    asked: frozenset[str] = frozenset()
    """Whose answer it waits for: whom a follow asks, whose post a reply answers."""
    groups: frozenset[str] = frozenset()
    """The groups that a post is in."""
    moderators: frozenset[str] = frozenset()
    """Who moderates those of them that are ours; of a group of ours, and its collections, its moderators."""


class Rows(Protocol):
    """Our rows, asked by `inbound.authority` in the transaction of an effect."""

    def about(self, connection: Connection, iri: str) -> About | None:
        """None for what is not here."""
        ...


class Followers(Protocol):
    """Who of ours follows remote actors, for follower synchronisation (FEP-8fcf)."""

    async def compare(self, actor: str, collection: str, url: str, digest: str) -> None:
        """Have a job look at `url` where this digest over the actor's followers here is not ours."""
        ...


class NoFollowers:
    """Compares nothing."""

    async def compare(self, actor: str, collection: str, url: str, digest: str) -> None:
        return None


HandlerTable = Mapping[tuple[str, str], Handler]
"""(activity type, object type) -> handler; object type '*' for any, also for a bare IRI."""


FactsNow = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


async def _as_they_were(_host: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return facts


@dataclass(frozen=True, slots=True)
class Ports:
    """All that the instance lends to federation."""

    policy: PolicyInForce
    may_send: Callable[[PolicyDocument, PeerFacts, Mapping[str, Any]], Decision]
    """(policy, peer, facts as they were given to `enqueue`) -> whether it may go there, waits, and without which parts."""
    judgements: Judgements
    actors: LocalActors
    objects: LocalObjects
    handlers: HandlerTable
    rows: Rows
    forget: Callable[[Any, str], None] = lambda _u, _iri: None
    """(unit, actor IRI): that remote actor is gone for good; its profile and relations go."""
    followers: Followers = field(default_factory=NoFollowers)
    facts_now: FactsNow = _as_they_were
    """(host, facts as they were given to `enqueue`) -> the same as they are at the moment of sending."""
    knows: Callable[[Connection, str], bool] = lambda _connection, _host: True
    """(connection, `host[:port]`) -> whether that server is more than a stranger: somebody here follows somebody there."""
    refusals: tuple[type[Exception], ...] = ()
    """What handlers raise where the instance's own rules say no: nothing is done, and nothing is tried again."""
