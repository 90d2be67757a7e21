"""Groups may be stricter than their instance, never looser: a comparison line by line of the table of fields."""

from policies.document import FIELDS, PolicyDocument
from policies.fields import WrongError, value_of
from policies.kinds import said_as
from policies.peers import STRICTNESS, Stance, Standing, standing
from policies.sections import PeerRule
from policies.treatments import Treatment
from policies.words import Sentence, joined, say

LOOSER = say("a group can't be looser than its server here.")


def loosened(instance: PolicyDocument, group: PolicyDocument) -> list[WrongError]:
    """Every line in which the group's policy is looser than the instance's, or can't be compared with it."""
    found = [
        WrongError(line.path, LOOSER, _the_server_says(line.spec.kind.words(old)))
        for line in FIELDS
        if line.name != "peers"
        for old, new in [(value_of(instance, line.name), value_of(group, line.name))]
        if not line.spec.kind.at_least(new, old)
    ]
    return found + _peers(instance, group)


def _peers(instance: PolicyDocument, group: PolicyDocument) -> list[WrongError]:
    """Hosts by effect, at every moment at which a rule of either ends: what no rule names follows from these."""
    rules = [*instance.peers.values(), *group.peers.values()]
    ends = {rule.until for rule in rules if rule.until is not None}
    moments = sorted({0, 1, *ends, *(end - 1 for end in ends)})
    found = []
    for host in sorted(instance.peers.keys() | group.peers.keys()):
        said = next(
            (words for at in moments if (words := _looser(standing(instance, host, at), standing(group, host, at)))),
            None,
        )
        if said is not None:
            found.append(WrongError(("peers", "rules", host), LOOSER, _the_server_says(said)))
    return found


def _the_server_says(words: str) -> Sentence:
    return say("The server says: {words}.", words=words)


def _looser(old: Standing[PeerRule], new: Standing[PeerRule]) -> Sentence | None:
    """In what a host's standing is looser; None where in nothing."""
    if STRICTNESS[new.stance] < STRICTNESS[old.stance]:
        return said_as(old.stance)
    if new.stance is Stance.BLOCKED:
        return None
    missing = _treated(old) - _treated(new)
    if missing:
        return joined(", ", map(said_as, sorted(missing)))
    narrow = [rule.accounts for rule in old.rules if rule.accounts]
    kept = [rule.accounts for rule in new.rules if rule.accounts]
    if all(any(mine <= theirs for mine in kept) for theirs in narrow):
        return None
    return say("only some accounts are let in")


def _treated(one: Standing[PeerRule]) -> frozenset[Treatment]:
    return frozenset().union(*(rule.treat for rule in one.rules))
