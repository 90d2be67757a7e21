"""What came in before the policy: facts are gathered from what is known anyway, the answer's obligations are done.

A post is judged by its author's server, whoever brought it here: boosts, threads, groups and look-ups let nobody in by the
back door. A profile loses what the policy takes out of it. Activities are judged by who sent them.
"""

import html
import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import msgspec

from federation.client.budget import is_party
from federation.context import Federation
from federation.inbound import letting
from federation.remote import actors as remote_actors
from federation.vocab.iris import host_of
from federation.vocab.times import HOUR
from federation.vocab.types import Activity, Actor, Object
from instance.activities.documents.actors import profile_of
from instance.activities.documents.addressing import visibility_of
from instance.people import accounts
from instance.people.remote import RemoteProfile
from instance.sanitise import clean, plain
from policies.decision import Decision, Obligation
from policies.document import PolicyDocument
from policies.facts import ActivityFacts
from policies.inbound import may_arrive, may_receive, of_account
from policies.treating import is_content

BOTS = frozenset({"Application", "Service"})
_ANCHOR = re.compile(r"<a\s[^>]*>", re.IGNORECASE)
_HREF = re.compile(r"""href\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{0,30}://\S", re.IGNORECASE)
OUT_OF_SIGHT = Obligation.KEEP_OUT_OF_PUBLIC_TIMELINES
NO_PICTURES = frozenset({Obligation.REMOVE_AVATAR, Obligation.DO_NOT_FETCH_MEDIA})
NO_BANNERS = frozenset({Obligation.REMOVE_BANNER, Obligation.DO_NOT_FETCH_MEDIA})
NO_EMOJI = frozenset({Obligation.REMOVE_EMOJI, Obligation.REMOVE_MEDIA, Obligation.DO_NOT_FETCH_MEDIA})
NO_EMOJI_IN_NAMES = NO_EMOJI | {Obligation.REMOVE_AVATAR}


@dataclass(frozen=True, slots=True)
class Author:
    """What our rows say of a post's author, for judgements."""

    profile: Any
    """Her account row, or the profile that was just fetched."""
    followed: bool = False
    """Whether somebody here follows her."""
    strangers: bool = False
    """Whether the post mentions a member who doesn't follow her."""


class Judge:
    """Implements `federation.ports.Judgements`."""

    async def activity(self, federation: Federation, host: str, activity: Activity) -> Decision:
        """Whether an activity may have its effect. Of a post and a profile, only who sends it: they have judgements of their own."""
        policy, peer = await federation.ports.policy.about(host)
        peer = replace(peer, signed=True)
        facts = ActivityFacts(activity.type, activity.object_type, host_of(activity.actor), activity.actor)
        if is_content(facts) or isinstance(activity.object, Actor):
            return may_arrive(policy, peer, facts)
        if activity.type == "Follow" and policy.incoming.bot_follows:
            facts = replace(facts, bot=await _is_bot(federation, activity.actor))
        if activity.type == "Announce":
            visibility = visibility_of(activity.to, activity.cc, None)
            age = _hours(federation.clock.now(), activity.published)
            facts = replace(facts, visibility=visibility, age=age, bot=False)
        if activity.type == "Flag":
            facts = replace(facts, report_says=_says(activity))
        return may_receive(policy, peer, facts)


async def _is_bot(federation: Federation, iri: str) -> bool:
    row = await federation.store.read(accounts.by_iri, iri)
    return bool(row.bot) if row is not None else (await remote_actors.actor(federation, iri)).actor.type in BOTS


def _says(activity: Activity) -> bool:
    return bool(activity.objects or activity.object_id) and bool(plain(activity.content or activity.summary))


async def account(federation: Federation, actor: Actor) -> RemoteProfile:
    """What we show of a remote actor, without what the policy takes out."""
    policy, peer = await federation.ports.policy.about(host_of(actor.id))
    profile = replace(profile_of(actor), may_ask=is_party(host_of(actor.id)))
    return treated_profile(profile, of_account(policy, peer, actor.id).obligations)


def treated_profile(profile: RemoteProfile, obligations: frozenset[Obligation]) -> RemoteProfile:
    """A profile with obligations done to it."""
    if not obligations:
        return profile
    return replace(
        profile,
        avatar_url=None if obligations & NO_PICTURES else profile.avatar_url,
        header_url=None if obligations & NO_BANNERS else profile.header_url,
        emoji={} if obligations & NO_EMOJI_IN_NAMES else profile.emoji,
        limited=OUT_OF_SIGHT in obligations,
    )


async def post(federation: Federation, about: Object, author: Author) -> tuple[Object, frozenset[Obligation]]:
    """A post with the policy's obligations done to it, and those that are still to be done where it is kept.

    Raises JudgedError where it may not come in, or waits for a person.
    """
    policy, peer = await federation.ports.policy.about(host_of(about.attributed_to))
    peer = replace(peer, signed=True)
    facts = facts_of(federation, policy, about, author)
    decision = may_receive(policy, peer, facts)
    letting.check(decision, about.id)
    obligations = decision.obligations
    if OUT_OF_SIGHT in of_account(policy, peer, about.attributed_to).obligations:
        obligations -= {OUT_OF_SIGHT}  # all of the account is out of sight, as long as its rule stands
    return treated_post(about, obligations), obligations


def treated_post(about: Object, obligations: frozenset[Obligation]) -> Object:
    """A post without what is to be taken out."""
    changes: dict[str, Any] = {}
    if Obligation.REMOVE_MEDIA in obligations:
        changes["attachments"] = []
    if obligations & NO_EMOJI:
        changes["tags"] = [tag for tag in about.tags if tag.type != "Emoji"]
    if Obligation.MARK_SENSITIVE in obligations:
        changes["sensitive"] = True
    return msgspec.structs.replace(about, **changes) if changes else about


def facts_of(federation: Federation, policy: PolicyDocument, about: Object, author: Author) -> ActivityFacts:
    """What is known of a post. What only rules about its inside ask for is looked at where there are such rules."""
    kind = "Vote" if _is_vote(federation, about) else "Create"
    who = about.attributed_to
    if not policy.looks_inside:
        return ActivityFacts(kind, about.type, host_of(who), who)
    now = federation.clock.now()
    shown = author.profile
    mentioned = frozenset(tag.href for tag in about.tags if tag.type == "Mention" and tag.href)
    words = plain(about.content)
    return ActivityFacts(
        kind,
        about.type,
        host_of(who),
        who,
        visibility=visibility_of(about.to, about.cc, shown.followers_iri),
        age=_hours(now, about.published),
        account_age=_hours(now, shown.created_at or now),
        followed_here=author.followed,
        bot=shown.bot,
        mentions=len(mentioned),
        mentioned=mentioned,
        mentions_strangers=author.strangers,
        answers_here=federation.is_ours(about.in_reply_to),
        links=has_links(about),
        empty=not (words or about.attachments or about.poll or about.name.strip()),
        text=_text(about, words),
        hashtags=frozenset(tag.name.lstrip("#").casefold() for tag in about.tags if tag.type == "Hashtag"),
    )


def _is_vote(federation: Federation, about: Object) -> bool:
    return about.type == "Note" and bool(about.name) and not about.content and federation.is_ours(about.in_reply_to)


def _hours(now: int, then: int | None) -> int | None:
    return None if then is None else max(0, now - then) // HOUR


def _text(about: Object, words: str) -> str:
    options = [title for title, _ in about.poll.options] if about.poll is not None else []
    files = [file.name for file in about.attachments]
    return "\n".join(part for part in (plain(about.name), plain(about.summary), words, *files, *options) if part)


def has_links(about: Object) -> bool:
    """Whether a post holds links other than to whom it mentions and to hashtags, as links or written out.

    A link counts as a mention or hashtag by where it leads: to a server of whom it mentions, or a hashtag of its own server;
    what it calls itself is not asked. Judged is what would be shown: in HTML as it came, a link that never ends would be
    looked for again from each beginning of one.
    """
    shown = clean(about.content)
    named = {host_of(tag.href) for tag in about.tags if tag.type == "Mention" and tag.href}
    tags = {tag.href for tag in about.tags if tag.type == "Hashtag" and tag.href}

    def harmless(anchor: str) -> bool:
        found = _HREF.search(anchor)
        if found is None:
            return True
        address = html.unescape(found[1])
        return address in tags or (_is_profile(urlsplit(address).path) and host_of(address) in named)

    return not all(map(harmless, _ANCHOR.findall(shown))) or bool(_ADDRESS.search(_unlinked(shown)))


def _is_profile(path: str) -> bool:
    return path.count("/") <= 2 and path != "/"


def _unlinked(content: str) -> str:
    return plain(re.sub(r"<a\s.*?</a>", " ", content, flags=re.IGNORECASE | re.DOTALL))
