"""A policy in plain sentences, from the same table of fields as all its other renderings."""

from policies.document import FIELDS, PolicyDocument
from policies.fields import value_of
from policies.words import Sentence, say


def sentences_of(document: PolicyDocument, *, public: bool = False) -> list[Sentence]:
    """Every field that says something, one sentence each.

    `public`: for everybody. What is not published (names of servers and accounts, words) is only counted there.
    """
    found: list[Sentence] = []
    for line in FIELDS:
        value = value_of(document, line.name)
        if public and not line.spec.term:
            continue
        sentence = line.says(value)
        if sentence is not None:
            found.append(sentence)
    if public:
        found += _counted(document)
    return found


def _counted(document: PolicyDocument) -> list[Sentence]:
    rules = document.incoming
    counts = {
        say("Servers with a rule of their own: {count}.", count=len(document.peers)): len(document.peers),
        say("Accounts with a rule of their own: {count}.", count=len(rules.accounts)): len(rules.accounts),
    }
    return [sentence for sentence, count in counts.items() if count]
