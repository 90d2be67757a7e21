"""What can't stand in one policy together, and what is over already. Each with the remedy."""

from collections.abc import Iterator

from policies.document import PolicyDocument
from policies.fields import Path, WrongError
from policies.kinds import said_as
from policies.peers import STRICTNESS, Stance
from policies.purposes import Ending, Measure, Purpose, Use
from policies.times import moment
from policies.treatments import Treatment
from policies.words import Sentence, joined, say

TAKE_OUT = say("Take it out.")
ONE_OUT = say("Take one out.")
ERASED = say("you promise to erase what is deleted.")
DELETES = say("Let deletions pass (take no_deletes out), or take that promise back.")


def contradictions(document: PolicyDocument) -> list[WrongError]:
    """All that contradicts itself; empty for a policy that can be kept."""
    return [*_promises(document), *_peers(document), *_incoming(document)]


def expired(document: PolicyDocument, now: int) -> list[WrongError]:
    """Rules whose end is past at `now` (milliseconds)."""
    return [
        WrongError(
            ("peers", "rules", host, "until"),
            say("{moment} is past.", moment=moment(rule.until)),
            say("Say a later moment, or take the rule out."),
        )
        for host, rule in sorted(document.peers.items())
        if rule.until is not None and rule.until <= now
    ]


def _promises(document: PolicyDocument) -> Iterator[WrongError]:
    made, kept = document.promises, document.retention
    for name in ("member_scoped_reads", "protected_media"):
        if getattr(made, name) and not made.authorized_fetch:
            remedy = say("Promise signed reads as well (authorized_fetch = true).")
            yield _wrong("promises", name, say("it needs signed reads."), remedy)
    if made.erasure_receipts and made.erasure_within is None:
        remedy = say('Say how long it takes (erasure_within = "72 hours", for example).')
        yield _wrong("promises", "erasure_receipts", say("there is no time for erasure."), remedy)
    if both := made.purposes & made.never_disclosed_for:
        words = joined(", ", map(said_as, sorted(both)))
        sentence = say("{words}: used for it and never disclosed for it.", words=words)
        yield _wrong("promises", "never_disclosed_for", sentence, ONE_OUT)
    if Purpose.SALE in made.purposes:
        yield _wrong("promises", "purposes", say("data of members is not for sale here."), _out(Purpose.SALE))
    if Measure.END_TO_END_ENCRYPTION in made.measures:
        sentence = say("those who run the server can read; it can't be promised.")
        yield _wrong("promises", "measures", sentence, _out(Measure.END_TO_END_ENCRYPTION))
    if kept.remote_posts is not None and kept.remote_media is not None and kept.remote_media > kept.remote_posts:
        sentence = say("pictures would outlive their posts.")
        yield _wrong("retention", "remote_media", sentence, say("Say a shorter time."))
    if document.outside.indexable and Use.INDEX in made.never:
        remedy = say("Let search engines list nothing (indexable = false), or take that promise back.")
        yield _wrong("outside", "indexable", say("you promise never to let others' words be indexed."), remedy)


def _peers(document: PolicyDocument) -> Iterator[WrongError]:
    asked = document.requirement.asks
    if STRICTNESS[document.meeting] < STRICTNESS[document.default] and not asked:
        sentence = say("nothing is asked of servers, so every server would meet it.")
        yield _wrong("peers", "meeting", sentence, say("Say how well a server must be known (requirement.assurance)."))
    for host, rule in sorted(document.peers.items()):
        at: Path = ("peers", "rules", host)
        if rule.stance is Stance.BLOCKED and (rule.treat or rule.accounts):
            name = "treat" if rule.treat else "accounts"
            yield WrongError((*at, name), say("nothing comes from a blocked server."), TAKE_OUT)
        if Treatment.NO_DELETES in rule.treat and _erases(document):
            yield WrongError((*at, "treat"), ERASED, DELETES)


def _incoming(document: PolicyDocument) -> Iterator[WrongError]:
    rules = document.incoming
    if both := rules.accepted_kinds & rules.refused_kinds:
        sentence = say("{words}: taken and refused.", words=", ".join(sorted(both)))
        yield _wrong("incoming", "refused_kinds", sentence, ONE_OUT)
    held, refused = rules.mentions_held_above, rules.mentions_refused_above
    if held is not None and refused is not None and held >= refused:
        sentence = say("nothing would be held: it is refused first.")
        yield _wrong("incoming", "mentions_held_above", sentence, say("Say a smaller number."))
    if (rules.oldest is None) is bool(rules.old):
        name = "old" if rules.old else "oldest"
        sentence = say("both are needed: from what age on, and what is done.")
        yield _wrong("incoming", name, sentence, say("Say both, or neither (oldest and old)."))
    if rules.new_account is None and (rules.new_links or rules.new_mentions):
        name = "new_links" if rules.new_links else "new_mentions"
        remedy = say('Say up to what age (new_account = "24 hours", for example).')
        yield _wrong("incoming", name, say("it is not said which accounts are new."), remedy)
    named = [rule.treat for rule in [*rules.accounts.values(), *rules.hashtags.values()]]
    every = [rules.treat, rules.old, *named, *(rule.treat for rule in rules.words)]
    if any(Treatment.NO_DELETES in treat for treat in every) and _erases(document):
        yield _wrong("incoming", "treat", ERASED, DELETES)


def _erases(document: PolicyDocument) -> bool:
    made = document.promises
    return made.erasure_within is not None or Ending.DELETION in made.deleted_after


def _wrong(section: str, name: str, sentence: Sentence, remedy: Sentence) -> WrongError:
    return WrongError((section, name), sentence, remedy)


def _out(word: Purpose | Measure) -> Sentence:
    """To be taken out, as forms name it and as texts do."""
    return say("Take it out: {word} ({name}).", word=said_as(word), name=str(word))
