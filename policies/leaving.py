"""The rest of the table of fields: what may leave, what is asked of others for it, and what outsiders may find."""

from dataclasses import dataclass
from enum import StrEnum

from policies.fields import setting
from policies.kinds import Choice, Flag, Span, Strict, Words
from policies.peers import Stance
from policies.purposes import (
    MEASURES,
    PURPOSES,
    STAFF_ACCESS,
    USES,
    USUAL,
    Assurance,
    Measure,
    Purpose,
    StaffAccess,
    Use,
)
from policies.sections import LESS, countries
from policies.words import Sentence, say


class Reach(StrEnum):
    """What a limited server gets; from mild to strict."""

    EVERYTHING = "everything"
    PUBLIC = "public"
    NOTHING = "nothing"


class Part(StrEnum):
    """What can be taken out of a post before it leaves."""

    LOCATION = "location"
    APPLICATION = "application"
    MEDIA = "media"
    LANGUAGE = "language"
    PROFILE_FIELDS = "profile_fields"
    AVATAR = "avatar"
    BANNER = "banner"


class Searchers(StrEnum):
    """Who may find posts by their words; from mild to strict."""

    ANYONE = "anyone"
    MEMBERS = "members"
    NOBODY = "nobody"


SEARCHERS: dict[Searchers, str] = {
    Searchers.ANYONE: "as:Public",
    Searchers.MEMBERS: "skerry:Members",
    Searchers.NOBODY: "skerry:Nobody",
}


MEETING = {Stance.BLOCKED: say("like all others that no rule names")}
ASKED_OF_LOOKS = {
    StaffAccess.UNLOGGED: say("nothing is asked"),
    StaffAccess.LOGGED: say("it must be written down"),
    StaffAccess.LOGGED_AND_DISCLOSED: say("it must be written down, and told to those concerned"),
}
KNOWN: dict[Assurance, Sentence] = {
    Assurance.NONE: say("not at all; nothing is asked"),
    Assurance.CLAIMED: say("it publishes what is asked"),
    Assurance.AGREED: say("it has agreed with us upon what is asked"),
    Assurance.PROBED: say("it has agreed, and from outside it was seen that it keeps its word"),
    Assurance.AUDITED: say("it has agreed and keeps its word, and somebody has looked at its house"),
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """What another server must promise, and how well we must know it, before it gets words that are not public.

    Without a level of assurance nothing is asked.
    """

    assurance: Assurance = setting(
        Assurance.NONE,
        Choice(Assurance, said=KNOWN),
        "How well the promises of a server must be known before it gets words that are not public: {value}.",
        term="assurance",
    )
    authorized_fetch: bool = setting(False, Flag(), "Asked: every read must be signed.", term="authorizedFetch")
    member_scoped_reads: bool = setting(False, Flag(), "Asked: reads in a member's name.", term="memberScopedReads")
    protected_media: bool = setting(False, Flag(), "Asked: pictures and files are protected.", term="protectedMedia")
    erasure_receipts: bool = setting(False, Flag(), "Asked: receipts of erasure.", term="erasureReceipts")
    staff_access: StaffAccess = setting(
        StaffAccess.UNLOGGED,
        Choice(StaffAccess, STAFF_ACCESS, said=ASKED_OF_LOOKS),
        "When staff there look at what is not meant for them: {value}.",
        term="staffAccess",
    )
    max_retention: int | None = setting(None, Span(), "Asked: copies kept for at most {value}.", term="maxRetention")
    max_lease: int | None = setting(
        None, Span(), "Asked: copies last at most {value} without contact.", term="maxLease"
    )
    erasure_within: int | None = setting(None, Span(), "Asked: erasure within {value}.", term="erasureWithin")
    breach_notice_within: int | None = setting(
        None, Span(), "Asked: notice of a breach within {value}.", term="breachNoticeWithin"
    )
    jurisdiction: frozenset[str] = setting(
        frozenset(),
        countries(),
        "Asked: law of no place but {value}.",
        term="jurisdiction",
    )
    measures: frozenset[Measure] = setting(
        frozenset(), Words(Measure, terms=MEASURES), "Asked: data is guarded by {value}.", term="measures"
    )
    never: frozenset[Use] = setting(frozenset(), Words(Use, terms=USES), "Asked: never {value}.", term="prohibition")
    purposes: frozenset[Purpose] = setting(
        USUAL,
        Words(Purpose, terms=PURPOSES, strict=LESS),
        "Accepted as uses of data: {value}.",
        "No use of data is accepted.",
        term="purposes",
    )

    @property
    def asks(self) -> bool:
        """Whether anything is asked at all."""
        return self.assurance is not Assurance.NONE


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What may leave the house."""

    limited_gets: Reach = setting(Reach.EVERYTHING, Choice(Reach), "Limited servers get: {value}.")
    taken_out: frozenset[Part] = setting(frozenset(), Words(Part), "Taken out of posts before they leave: {value}.")
    taken_out_for_limited: frozenset[Part] = setting(
        frozenset(), Words(Part), "Taken out of posts for limited servers: {value}."
    )


@dataclass(frozen=True, slots=True)
class Outside:
    """What outsiders, search engines and machines may find."""

    indexable: bool = setting(
        False,
        Flag(Strict.LESS),
        "Search engines may list public pages.",
        "Search engines are asked to list nothing.",
        term="skerry:searchEngines",
    )
    searchable_by: Searchers = setting(
        Searchers.NOBODY,
        Choice(Searchers, SEARCHERS),
        "Public posts can be found by their words by: {value}.",
        term="searchableBy",
    )
