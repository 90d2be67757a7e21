"""The one table of fields: every promise, limit and rule that a policy can hold, with its kind and its sentence.

Everything that reads, writes, says or compares policies walks these classes. A new line here is a new field everywhere. What is
left out of a document has the default written here, which promises nothing; a default never changes without a new format.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from policies.fields import setting
from policies.kinds import Choice, Count, Flag, Moment, Span, Strict, Text, Words
from policies.peers import Stance
from policies.purposes import (
    ENDINGS,
    LEGAL_BASES,
    LOOKS,
    MEASURES,
    PERSONAL_DATA,
    PURPOSES,
    STAFF_ACCESS,
    USES,
    USUAL,
    Ending,
    LegalBasis,
    Measure,
    PersonalData,
    Purpose,
    StaffAccess,
    Use,
)
from policies.records import ByName, Listed
from policies.treatments import Treatment

LESS, MORE, FREE = Strict.LESS, Strict.MORE, Strict.FREE
AN_ACCOUNT = "https://peer.example/u/anna"
TREAT = Words(Treatment)


def countries() -> Words:
    """Places by their two letters, or EU; none is any."""
    return Words(pattern="[A-Z]{2}", example="DE", strict=LESS, none_is_any=True)


def kinds(strict: Strict) -> Words:
    """Types of activities and objects; to take fewer is stricter, and none named takes any."""
    return Words(pattern="[A-Za-z]{1,40}", example="Note", strict=strict, none_is_any=strict is LESS)


def accounts(strict: Strict) -> Words:
    """Accounts by their IRIs."""
    return Words(
        pattern=r"https?://[!#-;=?-\[\]-~]{3,400}", example=AN_ACCOUNT, strict=strict, none_is_any=strict is LESS
    )


def account_iri(text: str) -> str | None:
    """An account's IRI as rules name it; None where it is none."""
    parts = urlsplit(text) if text.isascii() and text.isprintable() and " " not in text and len(text) < 500 else None
    return text if parts and parts.scheme in {"http", "https"} and parts.netloc and '"' not in text else None


class RunBy(StrEnum):
    """Who runs a server, where that matters to those who write about their health."""

    NOT_SAID = "not_said"
    COMMUNITY = "community"
    PERSON = "person"
    HOSPITAL = "hospital"
    EMPLOYER = "employer"
    COMPANY = "company"
    UNIVERSITY = "university"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class PeerRule:
    """What is done with one host, why (for stewards and voters), and for how long."""

    stance: Stance = setting(Stance.BLOCKED, Choice(Stance), "{value}", always=True)
    reason: str = setting("", Text(), "because: {value}", always=True)
    until: int | None = setting(None, Moment(), "until {value}")
    treat: frozenset[Treatment] = setting(frozenset(), TREAT, "what comes from there is treated so: {value}")
    accounts: frozenset[str] = setting(frozenset(), accounts(LESS), "only these accounts are let in: {value}")
    run_by: RunBy = setting(RunBy.NOT_SAID, Choice(RunBy, strict=FREE), "run by: {value}")


@dataclass(frozen=True, slots=True)
class WordRule:
    """What is done with posts that hold a word or phrase."""

    phrase: str = setting("", Text(pattern=r"(?s).*\w.*", example='"miracle cure"'), '"{value}"', always=True)
    treat: frozenset[Treatment] = setting(frozenset(), TREAT, "treated so: {value}", always=True)


@dataclass(frozen=True, slots=True)
class TreatRule:
    """What is done with one account, or one hashtag."""

    treat: frozenset[Treatment] = setting(frozenset(), TREAT, "treated so: {value}", always=True)
    reason: str = setting("", Text(), "because: {value}")


@dataclass(frozen=True, slots=True)
class Promises:
    """What this server promises about the data that others trust it with."""

    authorized_fetch: bool = setting(
        False, Flag(), "Every read by another server must be signed.", term="authorizedFetch"
    )
    member_scoped_reads: bool = setting(
        False, Flag(), "Words of a closed group are read only in a member's name.", term="memberScopedReads"
    )
    protected_media: bool = setting(
        False, Flag(), "Pictures and files are shown only to those who may see the post.", term="protectedMedia"
    )
    erasure_receipts: bool = setting(
        False, Flag(), "Each erasure is confirmed with a signed receipt.", term="erasureReceipts"
    )
    staff_access: StaffAccess = setting(
        StaffAccess.UNLOGGED,
        Choice(StaffAccess, STAFF_ACCESS, said=LOOKS),
        "When staff look at what is not meant for them, it is: {value}.",
        term="staffAccess",
    )
    max_lease: int | None = setting(
        None, Span(), "A copy of a closed group is hidden and erased after {value} without contact.", term="maxLease"
    )
    erasure_within: int | None = setting(
        None, Span(), "What is to be deleted is erased within {value}.", term="erasureWithin"
    )
    breach_notice_within: int | None = setting(
        None, Span(), "After a breach, those concerned are told within {value}.", term="breachNoticeWithin"
    )
    measures: frozenset[Measure] = setting(
        frozenset(), Words(Measure, terms=MEASURES), "Data is guarded by: {value}.", term="measures"
    )
    purposes: frozenset[Purpose] = setting(
        USUAL,
        Words(Purpose, terms=PURPOSES, strict=LESS),
        "Data is used only for: {value}.",
        "Data is used for nothing.",
        term="purposes",
    )
    never: frozenset[Use] = setting(
        frozenset(), Words(Use, terms=USES), "Never done with the words of others: {value}.", term="prohibition"
    )
    never_disclosed_for: frozenset[Purpose] = setting(
        frozenset(), Words(Purpose, terms=PURPOSES), "Never disclosed for: {value}.", term="prohibition"
    )
    members_only: bool = setting(
        False, Flag(), "Words of a closed group are shown to its members only.", term="permission"
    )
    deleted_after: frozenset[Ending] = setting(
        frozenset(), Words(Ending, terms=ENDINGS), "Copies are deleted after: {value}.", term="obligation"
    )
    jurisdiction: frozenset[str] = setting(
        frozenset(),
        countries(),
        "The law of these places applies: {value}.",
        term="jurisdiction",
    )
    personal_data: frozenset[PersonalData] = setting(
        frozenset(),
        Words(PersonalData, terms=PERSONAL_DATA, strict=FREE),
        "Members may write about: {value}.",
        term="personalData",
    )
    legal_basis: LegalBasis = setting(
        LegalBasis.NOT_SAID,
        Choice(LegalBasis, LEGAL_BASES, strict=FREE),
        "The legal basis is: {value}.",
        term="legalBasis",
    )


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept."""

    remote_posts: int | None = setting(
        None,
        Span(),
        "Copies of posts from other servers are kept for at most {value}.",
        "Copies of posts from other servers are kept until their authors delete them.",
        term="maxRetention",
    )
    remote_media: int | None = setting(
        None,
        Span(),
        "Copies of pictures and files from other servers are kept for at most {value}.",
        term="skerry:mediaRetention",
    )
    request_logs: int | None = setting(
        None, Span(), "Logs of requests are kept for {value}.", term="skerry:logRetention"
    )


@dataclass(frozen=True, slots=True)
class Incoming:
    """What is done with what comes in, wherever it comes from."""

    treat: frozenset[Treatment] = setting(frozenset(), TREAT, "What comes in is: {value}.")
    accepted_kinds: frozenset[str] = setting(frozenset(), kinds(LESS), "Only these kinds of things are taken: {value}.")
    refused_kinds: frozenset[str] = setting(frozenset(), kinds(MORE), "These kinds of things are refused: {value}.")
    oldest: int | None = setting(None, Span(), "Posts older than {value} get the treatment for old posts.")
    old: frozenset[Treatment] = setting(frozenset(), TREAT, "Old posts are treated so: {value}.")
    mentions_held_above: int | None = setting(None, Count(), "Posts that mention more than {value} accounts are held.")
    mentions_refused_above: int | None = setting(
        None, Count(), "Posts that mention more than {value} accounts are refused."
    )
    unmentionable: frozenset[str] = setting(
        frozenset(), accounts(MORE), "Posts that mention these accounts are refused: {value}."
    )
    words: tuple[WordRule, ...] = setting((), Listed(WordRule), "Posts that hold certain words: {value}.")
    hashtags: dict[str, TreatRule] = setting(
        dict,
        ByName(TreatRule, lambda tag: tag.casefold() if tag and tag.isalnum() else None, "hashtag"),
        "Hashtags: {value}.",
    )
    new_account: int | None = setting(None, Span(strict=MORE), "Accounts younger than {value} are new.")
    new_mentions: bool = setting(
        False, Flag(), "Posts of new accounts that mention somebody who doesn't follow them are held."
    )
    new_links: bool = setting(
        False, Flag(), "Posts of new accounts that hold links are held, unless somebody here follows them."
    )
    strange_mentions: bool = setting(False, Flag(), "Posts that mention members who don't follow the author are held.")
    bot_follows: bool = setting(False, Flag(), "Follows by bots are held.")
    bots_unlisted: bool = setting(False, Flag(), "Posts by bots stay out of public timelines.")
    empty_posts: bool = setting(False, Flag(), "Posts without words, pictures and polls are refused.")
    bare_reports: bool = setting(False, Flag(), "Reports that don't say what is reported, or why, are refused.")
    accounts: dict[str, TreatRule] = setting(
        dict, ByName(TreatRule, account_iri, AN_ACCOUNT), "Single accounts: {value}."
    )
