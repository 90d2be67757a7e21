"""Rules about what an activity is and says: kinds, age, mentions, words, hashtags, new accounts, bots, reports."""

from collections.abc import Iterator

from policies.decision import Decision, Obligation, Reason, deny, hold, limit
from policies.document import PolicyDocument
from policies.facts import ActivityFacts
from policies.sections import Incoming
from policies.treating import TAKES_AWAY, is_content, is_post, treated


def by_content(policy: PolicyDocument, activity: ActivityFacts) -> list[Decision]:
    """The decisions of all rules that this activity meets. What is not known meets a rule."""
    rules = policy.incoming
    found = list(_by_kind(rules, activity))
    if activity.kind == "Follow" and rules.bot_follows and activity.bot is not False:
        found.append(hold(Reason.BOT))
    if is_post(activity) and rules.bots_unlisted and activity.bot is not False:
        found.append(limit(frozenset({Obligation.KEEP_OUT_OF_PUBLIC_TIMELINES}), Reason.BOT))
    if is_post(activity) and rules.oldest is not None and (activity.age is None or activity.age > rules.oldest):
        found += treated(rules.old, Reason.TOO_OLD, activity)
    if is_content(activity):
        found += _by_mentions(rules, activity)
        found += _by_author(rules, activity)
        found += _by_words(policy, activity)
    return found


def _by_kind(rules: Incoming, activity: ActivityFacts) -> Iterator[Decision]:
    """Relations and what takes away are of no kind that a rule can shut out; what is not known is."""
    if is_post(activity) and activity.kind != "Announce":
        kind = activity.object_kind
        unwanted = kind in rules.refused_kinds or (bool(rules.refused_kinds) and not kind)
        if unwanted or (rules.accepted_kinds and kind not in rules.accepted_kinds):
            yield deny(Reason.KIND_REFUSED)
    if activity.kind in rules.refused_kinds and activity.kind not in TAKES_AWAY:
        yield deny(Reason.KIND_REFUSED)
    if activity.kind == "Flag" and rules.bare_reports and not activity.report_says:
        yield deny(Reason.BARE_REPORT)


def _by_mentions(rules: Incoming, activity: ActivityFacts) -> Iterator[Decision]:
    count = activity.mentions
    if rules.mentions_refused_above is not None and (count is None or count > rules.mentions_refused_above):
        yield deny(Reason.TOO_MANY_MENTIONS)
    elif rules.mentions_held_above is not None and (count is None or count > rules.mentions_held_above):
        yield hold(Reason.TOO_MANY_MENTIONS)
    if rules.unmentionable and (count is None or activity.mentioned & rules.unmentionable):
        yield deny(Reason.MENTIONS_PROTECTED)
    if rules.strange_mentions and activity.mentions_strangers is not False:
        yield hold(Reason.MENTIONS_STRANGERS)


def _by_author(rules: Incoming, activity: ActivityFacts) -> Iterator[Decision]:
    new = rules.new_account is not None and (activity.account_age is None or activity.account_age < rules.new_account)
    if new and rules.new_mentions and activity.mentions_strangers is not False:
        yield hold(Reason.NEW_ACCOUNT)
    if new and rules.new_links and not activity.followed_here and activity.links is not False:
        yield hold(Reason.NEW_ACCOUNT)
    if rules.empty_posts and activity.empty is not False:
        yield deny(Reason.EMPTY)


def _by_words(policy: PolicyDocument, activity: ActivityFacts) -> Iterator[Decision]:
    rules = policy.incoming
    for tag in activity.hashtags & rules.hashtags.keys():
        yield from treated(rules.hashtags[tag].treat, Reason.HASHTAG, activity)
    if not rules.words:
        return
    all_of_them = range(len(rules.words))
    for number in all_of_them if activity.text is None else policy.watched.found(activity.text):
        yield from treated(rules.words[number].treat, Reason.WORDS, activity)
