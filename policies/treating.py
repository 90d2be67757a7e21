"""What each treatment does to one activity, as decisions."""

from collections.abc import Iterable

from policies.audience import OPEN_TO_ALL
from policies.decision import Decision, Obligation, Reason, deny, hold, limit
from policies.facts import ActivityFacts
from policies.treatments import Treatment

TAKES_AWAY = frozenset({"Delete", "Undo", "Block", "Reject"})
ACTORS = frozenset({"Person", "Group", "Service", "Application", "Organization"})
OBLIGES: dict[Treatment, frozenset[Obligation]] = {
    Treatment.FOLLOWERS_ONLY: frozenset({Obligation.SHOW_TO_FOLLOWERS_ONLY}),
    Treatment.UNLISTED: frozenset({Obligation.KEEP_OUT_OF_PUBLIC_TIMELINES}),
    Treatment.SENSITIVE: frozenset({Obligation.MARK_SENSITIVE}),
    Treatment.WARNING: frozenset({Obligation.ADD_WARNING, Obligation.MARK_SENSITIVE}),
    Treatment.NO_MEDIA: frozenset({Obligation.DO_NOT_FETCH_MEDIA, Obligation.REMOVE_MEDIA}),
    Treatment.NO_AVATARS: frozenset({Obligation.REMOVE_AVATAR}),
    Treatment.NO_BANNERS: frozenset({Obligation.REMOVE_BANNER}),
    Treatment.NO_EMOJI: frozenset({Obligation.REMOVE_EMOJI}),
}


def is_content(activity: ActivityFacts) -> bool:
    """Whether it brings words of somebody: a post, new or edited."""
    return activity.kind in {"Create", "Update"} and activity.object_kind not in ACTORS


def is_post(activity: ActivityFacts) -> bool:
    """Whether it puts a post before readers: words, or a boost."""
    return activity.kind == "Announce" or is_content(activity)


def treated(treat: Iterable[Treatment], reason: Reason, activity: ActivityFacts) -> list[Decision]:
    """The decisions that some treatments come to; none where they don't concern this activity.

    What only takes away is neither refused nor held, unless `no_deletes` says so.
    """
    found: list[Decision] = []
    for one in treat:
        if one in OBLIGES:
            found.append(limit(OBLIGES[one], reason))
        elif _refuses(one, activity):
            found.append(deny(reason))
        elif _holds(one, activity):
            found.append(hold(reason))
    return found


def _refuses(one: Treatment, activity: ActivityFacts) -> bool:
    match one:
        case Treatment.REFUSE:
            return activity.kind not in TAKES_AWAY
        case Treatment.PUBLIC_ONLY:
            return is_post(activity) and activity.visibility not in OPEN_TO_ALL
        case Treatment.NO_REPLIES:
            return is_content(activity) and activity.answers_here is not False
        case Treatment.NO_DELETES:
            return activity.kind == "Delete"
        case Treatment.NO_REPORTS:
            return activity.kind == "Flag"
        case _:
            return False


def _holds(one: Treatment, activity: ActivityFacts) -> bool:
    if one is Treatment.NO_FOLLOWS:
        return activity.kind == "Follow"
    return one is Treatment.HOLD and activity.kind not in TAKES_AWAY
