"""What changes between two policies, one plain sentence each: what stewards and voters read."""

from policies.document import PolicyDocument
from policies.peers import stance


def sentences(old: PolicyDocument, new: PolicyDocument) -> list[str]:
    """Every change of effect or of words, ordered by host; empty where the documents say the same."""
    found: list[str] = []
    if old.name != new.name:
        found.append(f"The policy's name changes from {old.name} to {new.name}.")
    if old.default is not new.default:
        found.append(f"Servers that no rule names: {old.default} becomes {new.default}.")
    for host in sorted(old.peers.keys() | new.peers.keys()):
        before, after = old.peers.get(host), new.peers.get(host)
        if before == after:
            continue
        if before is None:
            found.append(f"{host}: {stance(old, host)} becomes {stance(new, host)}, by a new rule.")
        elif after is None:
            found.append(f"{host}: {before.stance} becomes {stance(new, host)}; its rule is taken out.")
        elif before.stance is not after.stance:
            found.append(f"{host}: {before.stance} becomes {after.stance}.")
        else:
            found.append(f"{host} stays {after.stance}, for another reason.")
    return found
