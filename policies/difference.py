"""What changes between two policies, one plain sentence each: what stewards and voters read."""

from policies.document import FIELDS, PolicyDocument
from policies.fields import value_of
from policies.kinds import said_as
from policies.peers import stance
from policies.times import moment
from policies.words import Sentence, say


def sentences(old: PolicyDocument, new: PolicyDocument) -> list[str]:
    """Every change, servers first and ordered by host; empty where the documents say the same."""
    found: list[str] = []
    if old.name != new.name:
        found.append(say("The policy's name changes from {before} to {after}.", before=old.name, after=new.name))
    if old.default is not new.default:
        found.append(
            say(
                "Servers that no rule names: {before} becomes {after}.",
                before=said_as(old.default),
                after=said_as(new.default),
            )
        )
    found += _peers(old, new)
    for line in FIELDS:
        before, after = value_of(old, line.name), value_of(new, line.name)
        if before != after and line.name not in {"name", "default", "peers"}:
            found.append(_changed(line.says(before), line.says(after)))
    return found


def _changed(was: Sentence | None, becomes: Sentence | None) -> Sentence:
    """One line of the table that says something else, begins to say something, or says nothing any more."""
    if was is None:
        return say("New: {after}", after=becomes or "")
    if becomes is None:
        return say("No longer: {before}", before=was)
    return say("Before: {before} From now on: {after}", before=was, after=becomes)


def _peers(old: PolicyDocument, new: PolicyDocument) -> list[Sentence]:
    found: list[Sentence] = []
    for host in sorted(old.peers.keys() | new.peers.keys()):
        before, after = old.peers.get(host), new.peers.get(host)
        if before == after:
            continue
        if before is None:
            assert after is not None
            words = {"before": said_as(stance(old, host)), "after": said_as(after.stance)}
            if words["before"] == words["after"]:
                found.append(say("{host} stays {stance}, now by a rule of its own.", host=host, stance=words["after"]))
            else:
                found.append(say("{host}: {before} becomes {after}, by a new rule.", host=host, **words))
        elif after is None:
            words = {"before": said_as(before.stance), "after": said_as(stance(new, host))}
            found.append(say("{host}: {before} becomes {after}; its rule is taken out.", host=host, **words))
        elif before.stance is not after.stance:
            words = {"before": said_as(before.stance), "after": said_as(after.stance)}
            found.append(say("{host}: {before} becomes {after}.", host=host, **words))
        elif (before.treat, before.accounts, before.until) != (after.treat, after.accounts, after.until):
            found.append(say("{host} stays {stance}, with other conditions.", host=host, stance=said_as(after.stance)))
        else:
            found.append(say("{host} stays {stance}, for another reason.", host=host, stance=said_as(after.stance)))
        if after is not None and after.until is not None and (before is None or before.until != after.until):
            found.append(say("The rule for {host} ends at {moment}.", host=host, moment=moment(after.until)))
    return found
