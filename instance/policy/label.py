"""The privacy label: who can read what, made from the settings and the policy that are in force, and from nothing else."""

from collections.abc import Iterator

from instance.i18n import N_
from instance.settings import Registration, Settings
from policies.document import PolicyDocument
from policies.leaving import Reach, Searchers
from policies.modes import Mode, mode_of

Row = tuple[str, str]
"""What, and who can read it; both to be put into the reader's language."""

ELSEWHERE = {
    Mode.OPEN: N_("Anyone, also on other servers and without an account."),
    Mode.MATCH: N_("Anyone here and without an account, and servers that promise what this one asks."),
    Mode.ALLOWLIST: N_("Anyone here and without an account, and servers that the stewards have let in."),
    Mode.CLOSED: N_("Anyone here and without an account. No other servers but those that the stewards have named."),
}
FOLLOWERS = {
    Mode.OPEN: N_("The people who follow you and the people you name, here and on their own servers."),
    Mode.MATCH: N_(
        "The people who follow you and the people you name, here and on servers that promise what this one asks."
    ),
    Mode.ALLOWLIST: N_(
        "The people who follow you and the people you name, here and on servers that the stewards have let in."
    ),
    Mode.CLOSED: N_(
        "The people who follow you and the people you name, here and on servers that the stewards have named."
    ),
}
PROMISED = N_(
    "The people who follow you and the people you name: here, and on other servers only where these promise what this one asks."
)
FOUND = {
    Searchers.ANYONE: N_("Anyone, if you allow it in your settings."),
    Searchers.MEMBERS: N_("Members of this server, if you allow it in your settings."),
    Searchers.NOBODY: N_("Nobody but you, and whom your posts name."),
}
ALWAYS: tuple[Row, ...] = (
    (
        N_("Private messages"),
        N_(
            "You and the people you name. They are stored locked. The people who run this server, or theirs, hold the"
            " keys and could open them."
        ),
    ),
    (N_("Your answer in a poll"), N_("Nobody is shown it, only the sums. It is stored with your name.")),
    (
        N_("Your e-mail address, if you gave one"),
        N_("No member. It is stored locked and used to send you mail; the people who run the server hold the key."),
    ),
)
AT_LAST: tuple[Row, ...] = (
    (N_("Your password"), N_("Nobody. Only a fingerprint of it is stored, from which it can't be read.")),
    (
        N_("Where you sign in"),
        N_("You, in your settings: “Firefox on Android” and when. Your internet address is not stored."),
    ),
    (N_("Whom you follow and who follows you"), N_("You. Others see how many.")),
    (N_("Favourites and bookmarks"), N_("The author sees a favourite. Bookmarks are yours alone.")),
)


def label(settings: Settings, policy: PolicyDocument) -> list[Row]:
    """The label's rows, in order."""
    return list(_rows(settings, policy))


def _rows(settings: Settings, policy: PolicyDocument) -> Iterator[Row]:
    mode = mode_of(policy)
    yield N_("Your name here, picture and “about you”"), ELSEWHERE[mode]
    yield N_("Public posts, if you allow them; posts to an open group"), ELSEWHERE[mode]
    asks = policy.requirement.asks or policy.outgoing.limited_gets is not Reach.EVERYTHING
    yield N_("Your other posts"), PROMISED if asks and mode is not Mode.MATCH else FOLLOWERS[mode]
    yield from ALWAYS
    if settings.registration is Registration.APPROVAL:
        yield N_("What you answered when you asked to join"), N_("The stewards. It is stored locked.")
    yield from AT_LAST
    yield N_("Your public posts, by their words"), FOUND[policy.outside.searchable_by]
    engines = N_("They are asked to list nothing of you.")
    if policy.outside.indexable:
        engines = N_("They may list your page and your public posts, if you allow it in your settings.")
    yield N_("Search engines"), engines
    yield N_("Machines that learn from texts"), N_("They are asked to stay away. Nobody can make sure that they do.")
