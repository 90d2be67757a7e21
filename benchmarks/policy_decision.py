"""How long one judgement takes, with a policy of 1,000 rules and 200 watched words: at most 50 microseconds.

python -m benchmarks.policy_decision
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace

from policies.claims import read
from policies.document import PeerRule, PolicyDocument
from policies.facts import ActivityFacts, PeerFacts, PostFacts
from policies.inbound import may_receive
from policies.leaving import Outgoing, Part, Requirement
from policies.outbound import may_deliver, may_read
from policies.peers import Stance
from policies.published import Envelope, publish
from policies.purposes import Assurance
from policies.redaction import redact
from policies.sections import Incoming, Promises, Retention, TreatRule, WordRule
from policies.treatments import Treatment

BUDGET = 50e-6
ROUNDS = 1_000
NOW = 1_790_000_000_000
HOLD = frozenset({Treatment.HOLD})


def document() -> PolicyDocument:
    """A policy as a busy instance has it after some years."""
    return PolicyDocument(
        "busy",
        Stance.LIMITED,
        {f"host{number}.example": PeerRule(list(Stance)[number % 4], "since 2025") for number in range(1000)},
        promises=Promises(authorized_fetch=True, protected_media=True, erasure_within=24),
        retention=Retention(remote_posts=24 * 365),
        requirement=Requirement(assurance=Assurance.AGREED, authorized_fetch=True, erasure_within=72),
        incoming=Incoming(
            mentions_held_above=10,
            mentions_refused_above=30,
            words=tuple(WordRule(f"miracle cure {number}", HOLD) for number in range(200)),
            hashtags={f"tag{number}": TreatRule(HOLD) for number in range(50)},
            accounts={f"https://host0.example/u/{number}": TreatRule(HOLD) for number in range(500)},
            new_account=24,
            new_links=True,
            oldest=24 * 30,
            old=HOLD,
        ),
        outgoing=Outgoing(taken_out=frozenset({Part.LOCATION})),
    )


def judgements() -> dict[str, Callable[[], object]]:
    """What is measured."""
    policy = document()
    envelope = Envelope(
        "https://p/policy", "https://p/actor", "https://p/privacy", 1, NOW, NOW + 80 * 86_400_000, b"seal"
    )
    promised = read(publish(policy, envelope), proven=True)
    peer = PeerFacts("www.sub.host0.example", signed=True, at=NOW + 1, policy=promised, assurance=Assurance.PROBED)
    text = "Since the infusion I sleep better, and the pain in my hands is almost gone. Who else has tried it? " * 5
    activity = ActivityFacts(
        "Create",
        "Note",
        peer.host,
        actor="https://www.sub.host0.example/u/1",
        visibility="public",
        age=0,
        account_age=1000,
        mentions=2,
        mentions_strangers=False,
        answers_here=False,
        links=False,
        empty=False,
        text=text,
        hashtags=frozenset({"sleep", "pain"}),
    )
    post = PostFacts("followers", reader_there=True)
    return {
        "may_receive": lambda: may_receive(policy, peer, activity),
        "may_deliver": lambda: may_deliver(policy, peer, None, post),
        "may_read": lambda: may_read(policy, peer, post),
        "redact": lambda: redact(policy, peer, replace(post, visibility="public")),
    }


def seconds_each(judgement: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The best of 25 short series, in seconds a judgement: what else the machine does meanwhile does not count."""
    judgement()
    best = float("inf")
    for _ in range(25):
        start = time.perf_counter()
        for _ in range(rounds):
            judgement()
        best = min(best, (time.perf_counter() - start) / rounds)
    return best


def main() -> int:
    """Print the figures; 1 where one is over the budget."""
    found = {name: seconds_each(judgement) for name, judgement in judgements().items()}
    for name, seconds in found.items():
        print(f"{name:12} {seconds * 1e6:6.1f} µs")
    return int(max(found.values()) > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
