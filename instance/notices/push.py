"""Web Push subscriptions of apps (the server's key: instance.notices.vapid)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from instance.db.system import push_subscription
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_
from instance.ids import random_id

POLICIES = ("all", "followed", "follower", "none")
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where an app wants to be told, and of what."""

    endpoint: str
    p256dh: str
    auth: str
    standard: bool
    alerts: dict[str, bool]
    policy: str = "all"


def of(connection: Connection, token_id: int) -> Row[Any]:
    """The subscription of a token. Raises NotFoundError."""
    row = connection.execute(select(push_subscription).where(push_subscription.c.token_id == token_id)).first()
    if row is None:
        raise NotFoundError
    return row


def subscribe(u: Unit, token_id: int, account_id: int, wanted: Subscription) -> None:
    """Keep a token's subscription; an older one is replaced. Raises RefusalError."""
    if not wanted.endpoint.startswith("https://") or len(wanted.endpoint) > LONGEST:
        raise RefusalError("push-endpoint", N_("Validation failed: Endpoint is not an https address"))
    if not (0 < len(wanted.p256dh) <= 200 and 0 < len(wanted.auth) <= 100):
        raise RefusalError("push-keys", N_("Validation failed: Keys are missing"))
    unsubscribe(u, token_id)
    values = {"endpoint": wanted.endpoint, "p256dh": wanted.p256dh, "auth": wanted.auth, "standard": wanted.standard}
    values |= {"alerts": wanted.alerts, "policy": _policy(wanted.policy)}
    owner = {"id": random_id(), "token_id": token_id, "account_id": account_id}
    u.connection.execute(insert(push_subscription).values(**owner, **values))


def change(u: Unit, token_id: int, alerts: dict[str, bool], policy: str) -> None:
    """Change what a token is told of. Raises NotFoundError."""
    row = of(u.connection, token_id)
    values = {"alerts": {**row.alerts, **alerts}, "policy": _policy(policy or row.policy)}
    u.connection.execute(update(push_subscription).where(push_subscription.c.id == row.id).values(**values))


def unsubscribe(u: Unit, token_id: int) -> None:
    """End a token's subscription; none is fine."""
    u.connection.execute(delete(push_subscription).where(push_subscription.c.token_id == token_id))


def _policy(policy: str) -> str:
    if policy not in POLICIES:
        raise RefusalError("push-policy", N_("Validation failed: Policy is not one of those that there are"))
    return policy
