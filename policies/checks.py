"""What can't stand in one policy together, and what is over already. Each with the remedy."""

from collections.abc import Iterator

from policies.document import PolicyDocument
from policies.fields import Path, WrongError
from policies.kinds import moment
from policies.peers import STRICTNESS, Stance
from policies.purposes import Ending, Measure, Purpose, Use
from policies.treatments import Treatment


def contradictions(document: PolicyDocument) -> list[WrongError]:
    """All that contradicts itself; empty for a policy that can be kept."""
    return [*_promises(document), *_peers(document), *_incoming(document)]


def expired(document: PolicyDocument, now: int) -> list[WrongError]:
    """Rules whose end is past at `now` (milliseconds)."""
    return [
        WrongError(
            ("peers", "rules", host, "until"),
            f"{moment(rule.until)} is past.",
            "Say a later moment, or take the rule out.",
        )
        for host, rule in sorted(document.peers.items())
        if rule.until is not None and rule.until <= now
    ]


def _promises(document: PolicyDocument) -> Iterator[WrongError]:
    made, kept = document.promises, document.retention
    for name in ("member_scoped_reads", "protected_media"):
        if getattr(made, name) and not made.authorized_fetch:
            yield _wrong("promises", name, "it needs signed reads.", "Say authorized_fetch = true as well.")
    if made.erasure_receipts and made.erasure_within is None:
        yield _wrong(
            "promises", "erasure_receipts", "there is no time for erasure.", 'Say erasure_within = "72 hours", say.'
        )
    if both := made.purposes & made.never_disclosed_for:
        words = ", ".join(sorted(both))
        yield _wrong(
            "promises", "never_disclosed_for", f"{words}: used for it and never disclosed for it.", "Take one out."
        )
    if Purpose.SALE in made.purposes:
        yield _wrong("promises", "purposes", "data of members is not for sale here.", 'Take "sale" out.')
    if Measure.END_TO_END_ENCRYPTION in made.measures:
        yield _wrong(
            "promises",
            "measures",
            "those who run the server can read; it can't be promised.",
            "Take end_to_end_encryption out.",
        )
    if kept.remote_posts is not None and kept.remote_media is not None and kept.remote_media > kept.remote_posts:
        yield _wrong("retention", "remote_media", "pictures would outlive their posts.", "Say a shorter time.")
    if document.outside.indexable and Use.INDEX in made.never:
        yield _wrong(
            "outside", "indexable", "you promise never to let others' words be indexed.", "Say indexable = false."
        )


def _peers(document: PolicyDocument) -> Iterator[WrongError]:
    asked = document.requirement.asks
    if STRICTNESS[document.meeting] < STRICTNESS[document.default] and not asked:
        yield _wrong(
            "peers",
            "meeting",
            "nothing is asked of servers, so every server would meet it.",
            "Say requirement.assurance.",
        )
    for host, rule in sorted(document.peers.items()):
        at: Path = ("peers", "rules", host)
        if rule.stance is Stance.BLOCKED and (rule.treat or rule.accounts):
            yield WrongError(
                (*at, "treat" if rule.treat else "accounts"), "nothing comes from a blocked server.", "Take it out."
            )
        if Treatment.NO_DELETES in rule.treat and _erases(document):
            yield WrongError(
                (*at, "treat"), "you promise to erase what is deleted.", "Take no_deletes out, or the promise."
            )


def _incoming(document: PolicyDocument) -> Iterator[WrongError]:
    rules = document.incoming
    if both := rules.accepted_kinds & rules.refused_kinds:
        yield _wrong("incoming", "refused_kinds", f"{', '.join(sorted(both))}: taken and refused.", "Take one out.")
    held, refused = rules.mentions_held_above, rules.mentions_refused_above
    if held is not None and refused is not None and held >= refused:
        yield _wrong(
            "incoming", "mentions_held_above", "nothing would be held: it is refused first.", "Say a smaller number."
        )
    if (rules.oldest is None) is bool(rules.old):
        name = "old" if rules.old else "oldest"
        yield _wrong("incoming", name, "both are needed: from what age on, and what is done.", "Say oldest and old.")
    if rules.new_account is None and (rules.new_links or rules.new_mentions):
        name = "new_links" if rules.new_links else "new_mentions"
        yield _wrong("incoming", name, "it is not said which accounts are new.", 'Say new_account = "24 hours", say.')
    named = [rule.treat for rule in [*rules.accounts.values(), *rules.hashtags.values()]]
    every = [rules.treat, rules.old, *named, *(rule.treat for rule in rules.words)]
    if any(Treatment.NO_DELETES in treat for treat in every) and _erases(document):
        yield _wrong(
            "incoming", "treat", "you promise to erase what is deleted.", "Take no_deletes out, or the promise."
        )


def _erases(document: PolicyDocument) -> bool:
    made = document.promises
    return made.erasure_within is not None or Ending.DELETION in made.deleted_after


def _wrong(section: str, name: str, sentence: str, remedy: str) -> WrongError:
    return WrongError((section, name), sentence, remedy)
