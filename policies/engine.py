"""Where a peer stands, and what a treatment means: the common ground of what comes in and what goes out."""

from policies.document import PolicyDocument
from policies.facts import PeerFacts
from policies.leaving import Requirement
from policies.peers import STRICTNESS, Standing, standing, strictest_stance
from policies.requirement import satisfies
from policies.sections import PeerRule


def stands(policy: PolicyDocument, peer: PeerFacts) -> Standing[PeerRule]:
    """The stance towards a peer; one that no rule names may stand better because it promises what is asked."""
    found = standing(policy, peer.host, peer.at)
    milder = STRICTNESS[policy.meeting] < STRICTNESS[found.stance]
    if found.named or not milder or not policy.requirement.asks or not meets(policy.requirement, peer):
        return found
    return Standing(strictest_stance(policy.meeting, *(rule.stance for rule in found.rules)), found.rules)


def meets(requirement: Requirement, peer: PeerFacts) -> bool:
    """Whether a peer gets words that are not public, as far as this requirement goes."""
    if not requirement.asks:
        return True
    return satisfies(peer.policy, requirement, now=peer.at, assurance=peer.assurance).ok
