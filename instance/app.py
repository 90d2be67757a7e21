"""The composition root: settings in, web application out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from federation import routes as federation_routes
from federation.allowance import Allowance, Asking, Bounds
from federation.client.http import Client
from federation.client.lines import Lines
from federation.client.network import GuardedNetwork, Network
from federation.collector import Collector
from federation.context import Federation
from federation.inbound import arrivals, turns
from federation.ledger import Ledger
from federation.outbound import deliveries
from federation.questions import Questions
from federation.remote.memory import Memory
from federation.signatures.keyring import Keyring
from instance import __version__, files, health, metrics, wiring
from instance.activities.fetching.lookup import Lookup
from instance.activities.ports import make_ports
from instance.agreements import strangers
from instance.clock import Clock
from instance.db.store import Store, open_store
from instance.entrance import proxies
from instance.entrance.answers import Answers
from instance.house import House
from instance.i18n import Languages
from instance.jobs import presence
from instance.jobs.presence import Presence
from instance.jobs.runner import Bell, Runner
from instance.jobs.table import release_all
from instance.mastodon.routes import ROUTES as API
from instance.media.intake import Intake
from instance.media.workshop import Workshop
from instance.middleware import Entrance
from instance.observe import Tally
from instance.policy.adopt import adopt_first
from instance.routing import Switch
from instance.settings import Registration, Settings
from instance.site import Site
from instance.vault import Vault, load_or_make_secret
from instance.web.frame.errors import error_page
from instance.web.routes import ROUTES as PAGES


class State(TypedDict):
    """What every request carries."""

    house: House
    federation: Federation


def make_site(settings: Settings, clock: Clock | None = None) -> Site:
    """The site of these settings; makes the secret at first start. Raises VaultError."""
    return Site(settings, Vault(load_or_make_secret(settings.secret_path)), clock or Clock())


def user_agent(settings: Settings, base_url: str) -> str:
    """Who we are, in every request of ours: software, host, and where a person is to be found who answers for it."""
    contact = settings.contact_email or settings.contact or f"{base_url}/about"
    plain = "".join(letter if " " <= letter <= "~" and letter not in "()\\" else " " for letter in contact)
    return f"Skerry/{__version__} (+{base_url}/; contact: {' '.join(plain.split())[:200]})"


def bounds_of(settings: Settings) -> Bounds:
    """How much each other server may send; nothing is bounded where rate limits are off."""
    if not settings.rate_limits:
        return Bounds()
    megabytes = settings.inbox_waiting_mb * 1_000_000
    return Bounds(settings.inbox_per_minute, settings.inbox_waiting, megabytes, settings.keys_per_minute)


def make_federation(site: Site, store: Store, network: Network | None = None) -> Federation:
    """This instance's dealings with others; `network` is the guarded one unless a test brings its own."""
    settings = site.settings
    if network is None:
        ca = str(settings.trusted_ca) if settings.trusted_ca else None
        network = GuardedNetwork(settings.allow_private_peers, ca)
    agent = user_agent(settings, site.base_url)
    ports = make_ports(site, store, wiring.ACTIVITIES)
    return Federation(
        base_url=site.base_url,
        store=store,
        clock=site.clock,
        client=Client(network, agent),
        lines=Lines(network),
        keyring=Keyring(site.vault, store),
        seals=site.vault,
        memory=Memory(),
        ports=ports,
        arrivals=Collector(store, strangers.arrived),
        ledger=Ledger(store),
        allowance=Allowance(
            bounds_of(settings), site.clock, store, Asking(ports.knows, turns.waiting, proxies.household)
        ),
        questions=Questions(store),
        user_agent=agent,
        software_version=__version__,
        open_registrations=settings.registration is Registration.OPEN,
        plain_peers=bool(settings.allow_private_peers),
    )


@asynccontextmanager
async def open_house(
    site: Site, *, runs_jobs: bool, network: Network | None = None, bell: Bell | None = None
) -> AsyncIterator[House]:
    """Open the database and, if asked, run the jobs in this process; close both in order."""
    store = await open_store(site, wiring.EVENTS)
    runner: Runner | None = None
    here: Presence | None = None
    intake = Intake(site, store, Workshop())
    federation = make_federation(site, store, network)
    lookup = Lookup(site, store, federation)
    house = House(site, store, intake, federation, lookup, lambda: runner is None or runner.running)
    try:
        await store.unit(adopt_first)
        await federation.keyring.mint(federation.actor, with_ed25519=True)
        if runs_jobs:
            here = await presence.enter(site.settings)
            if here.alone:  # whoever held a lease is dead
                await store.unit(arrivals.release_all)
                await store.unit(deliveries.release_all)
                await store.unit(release_all)
            runner = Runner(wiring.pumps(house))
            store.on_wake = runner.wake
            runner.start()
        if bell is not None and runner is not None:
            bell.listen(runner.wake)
        elif bell is not None:
            store.on_wake = bell.ring
        yield house
    finally:
        if bell is not None:
            await bell.close()
        federation.stopping.set()
        if runner is not None:
            await runner.stop()
        if here is not None:
            await here.leave()
        await federation.aclose()
        await intake.workshop.close()
        await store.close()


def build(
    settings: Settings, clock: Clock | None = None, network: Network | None = None, bell: Bell | None = None
) -> Starlette:
    """The web application of one instance. Its lifespan opens and closes all it needs.

    `network` is how requests to other servers leave; tests join instances in one process by one of their own.
    `bell` wakes the workers where this process runs no jobs itself.
    """
    site = make_site(settings, clock)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        async with open_house(site, runs_jobs=settings.runner, network=network, bell=bell) as house:
            yield {"house": house, "federation": house.federation}

    tally = Tally()
    machinery = [*health.ROUTES, *metrics.routes(tally), *files.ROUTES]
    routes: list[BaseRoute] = [Switch([*machinery, *API, *PAGES, *federation_routes.ROUTES])]
    answers = Answers(error_page)
    around = [Middleware(Languages, default=settings.locale), Middleware(Entrance, site, answers, tally)]
    return Starlette(routes=routes, middleware=around, exception_handlers=answers.handlers(), lifespan=lifespan)
