"""One attempt: ask the policy again, sign, POST, say what became of it (DECISIONS 24)."""

from dataclasses import replace
from email.utils import parsedate_to_datetime

import msgspec

from federation.at_rest import SEALED, open_out
from federation.client.lines import Posted
from federation.context import Federation
from federation.errors import FederationError, RefusedError, UnreachableError
from federation.outbound.deliveries import Delivery, Outcome
from federation.outbound.enqueue import TAKEN
from federation.outbound.knock import knock
from federation.signatures.digest import digest
from federation.signatures.keyring import NoKeyError
from federation.synchronise import header_for
from federation.vocab.iris import host_of
from policies.decision import Obligation
from policies.redaction import take_out

WAIT = frozenset({401, 408, 425, 429})  # 401: its view of our key may heal; the peer waits, nothing is lost
Digests = dict[int, str]


async def deliver(federation: Federation, item: Delivery, digests: Digests) -> Outcome:
    """Send one activity to one inbox. `digests` keeps the digest of each body for its next recipient."""
    host = host_of(item.inbox)
    policy, peer = await federation.ports.policy.about(host)
    decision = federation.ports.may_send(policy, peer, await federation.ports.facts_now(host, item.facts))
    if not decision.allowed:
        return Outcome(item.id, "waits" if decision.held else "cancelled", error=", ".join(decision.reasons))
    if item.facts.get(SEALED):
        item = replace(item, body=open_out(federation.seals, item.body, item.item_id))
    left = decision.obligations - set(item.facts.get(TAKEN, ()))
    if left:  # the policy has become stricter since it was serialised
        item, digests = _without(item, left), {}
    try:
        key = await federation.keyring.signer(item.actor)
    except NoKeyError:
        return Outcome(item.id, "ready", None, "its actor has no key yet", ours=True)
    if item.item_id not in digests:
        digests[item.item_id] = digest(item.body)
    try:
        more = await header_for(federation, item.actor, item.inbox) if _to_followers(item) else {}
        posted = await knock(federation, key, item.inbox, item.body, digests[item.item_id], more)
    except UnreachableError as error:
        return Outcome(item.id, "ready", None, error.text)
    except RefusedError as error:
        return Outcome(item.id, "dead", error=error.text)
    except FederationError as error:
        return Outcome(item.id, "ready", None, error.text)
    return judge(federation, item, posted)


def _to_followers(item: Delivery) -> bool:
    """Whether it is for followers alone: then their server is told which of its people we believe to be some (FEP-8fcf)."""
    return item.facts.get("visibility") == "followers"


def _without(item: Delivery, obligations: frozenset[Obligation]) -> Delivery:
    return replace(item, body=msgspec.json.encode(take_out(msgspec.json.decode(item.body), obligations)))


def judge(federation: Federation, item: Delivery, posted: Posted) -> Outcome:
    """What an answer means: done, dead letter, or the peer waits (as long as it says, within bounds)."""
    status = posted.status
    if 200 <= status < 300:
        return Outcome(item.id, "sent", status)
    if status >= 500 or status in WAIT:
        wait = retry_after(posted.retry_after, federation.clock.wire())
        return Outcome(item.id, "ready", status, f"answered {status}", wait)
    return Outcome(item.id, "dead", status, f"answered {status}")  # also redirects: a POST is never sent on


def retry_after(text: str, wire_now: int) -> int:
    """Milliseconds that a Retry-After header asks for, as seconds or as a date (RFC 9110, 10.2.3); 0: it says nothing."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text) * 1000
    try:
        return max(0, int(parsedate_to_datetime(text).timestamp() * 1000) - wire_now)
    except (ValueError, OverflowError, TypeError):
        return 0
