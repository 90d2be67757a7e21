"""What a member hands in: a draft of a post, its limits, and the audience it gets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from instance.clock import SECOND, Millis
from instance.errors import RefusalError
from instance.i18n import N_
from instance.media.attachments import Words as MediaWords
from policies.audience import OPEN_TO_ALL
from policies.interaction import Rule

MOST_CHARACTERS = 5000
MOST_MEDIA = 4
FEWEST_OPTIONS, MOST_OPTIONS = 2, 4
OPTION_CHARACTERS = 50
SHORTEST_POLL: Millis = 300 * SECOND
LONGEST_POLL: Millis = 2_629_746 * SECOND

ASKED = {
    "public": "public",
    "unlisted": "unlisted",
    "private": "followers",
    "followers": "followers",
    "direct": "direct",
}


@dataclass(frozen=True, slots=True)
class PollDraft:
    """A poll to be opened; `expires_in` in milliseconds."""

    options: Sequence[str]
    expires_in: Millis
    multiple: bool = False
    hide_totals: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A post as handed in. `visibility` None: the author's own default, or the group's."""

    text: str = ""
    content_type: str = "text/plain"
    visibility: str | None = None
    summary: str = ""
    sensitive: bool = False
    language: str | None = None
    reply_to_id: int | None = None
    media_ids: Sequence[int] = ()
    media_words: Mapping[int, MediaWords] = field(default_factory=dict)
    """New descriptions of pictures that are in the post already (edit only)."""
    poll: PollDraft | None = None
    title: str = ""
    local_only: bool = False
    app_id: int | None = None
    idempotency_key: str | None = None
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """Who may reply, like, boost, quote, as far as it is said for this post (policies.interaction)."""
    quoted_id: int | None = None
    """The post that it quotes."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a post is for: a stored visibility (DECISIONS 7), and the group it goes to."""

    visibility: str
    group_id: int | None = None


def check(draft: Draft) -> None:
    """Raises RefusalError for a draft that is empty, too long, or has a poll that can't be."""
    length = len(draft.text) + len(draft.summary) + len(draft.title)
    if length > MOST_CHARACTERS:
        raise RefusalError(
            "text-too-long", N_("The post has more than {most} characters; shorten it."), most=MOST_CHARACTERS
        )
    if not (draft.text.strip() or draft.title) and not draft.media_ids and draft.poll is None:
        raise RefusalError("text-missing", N_("Validation failed: Text can't be blank"))
    if len(set(draft.media_ids)) > MOST_MEDIA:
        raise RefusalError(
            "media-too-many", N_("A post can hold at most {most} pictures; leave some out."), most=MOST_MEDIA
        )
    if draft.poll is not None:
        if draft.media_ids:
            raise RefusalError("poll-and-media", N_("A post holds either a poll or pictures, not both; leave one out."))
        _check_poll(draft.poll)


def _check_poll(poll: PollDraft) -> None:
    options = [option.strip() for option in poll.options]
    if not FEWEST_OPTIONS <= len(options) <= MOST_OPTIONS:
        raise RefusalError(
            "poll-options", N_("A poll has {few} to {most} options."), few=FEWEST_OPTIONS, most=MOST_OPTIONS
        )
    if any(not option for option in options) or len(set(options)) < len(options):
        raise RefusalError("poll-options", N_("The options of a poll must differ, and none can be empty."))
    if any(len(option) > OPTION_CHARACTERS for option in options):
        raise RefusalError(
            "poll-option-long", N_("An option of a poll has at most {most} characters."), most=OPTION_CHARACTERS
        )
    if not SHORTEST_POLL <= poll.expires_in <= LONGEST_POLL:
        raise RefusalError("poll-time", N_("A poll is open for at least 5 minutes and at most a month."))


def is_open_group(account: Row[Any]) -> bool:
    """Whether an account is a group that anyone may read."""
    return account.kind == "group" and not account.locked


def audience(author: Row[Any], draft: Draft, named: Sequence[Row[Any]], parent: Row[Any] | None) -> Audience:
    """The audience that a post gets. `named`: accounts mentioned in it; `parent`: the post it answers.

    A forgotten mention must not publish a diagnosis: what names no group and answers no group's post is for followers
    unless its author has allowed public posting. `private` and `direct` are kept as asked. Raises RefusalError.
    """
    asked = None
    if draft.visibility is not None and draft.visibility != "":
        asked = ASKED.get(draft.visibility)
        if asked is None:
            raise RefusalError("visibility-unknown", N_("Choose one of: public, unlisted, private, direct."))
    answered = parent if parent is not None and parent.group_id is not None else None
    for group in named:
        if is_open_group(group):
            return _to_open_group(group, asked, answered)
    if answered is not None and asked not in {"followers", "direct"}:
        return Audience(answered.visibility, answered.group_id)
    if asked is None:
        asked = _default(author, parent)
    if asked in OPEN_TO_ALL and not author.public_posting:
        asked = "followers"
    return Audience(asked)


def _to_open_group(group: Row[Any], asked: str | None, answered: Row[Any] | None) -> Audience:
    if asked in {"followers", "direct"}:
        raise RefusalError(
            "group-is-open",
            N_(
                "Everyone can read what @{group} gets. Choose public or unlisted,"
                " or take @{group} out of the text to keep this post between you and those you mention."
            ),
            group=group.name,
        )
    if answered is not None and answered.group_id == group.id:
        return Audience(answered.visibility, group.id)
    return Audience(asked or "public", group.id)


def _default(author: Row[Any], parent: Row[Any] | None) -> str:
    """Without a word of hers: her own default, but never wider than the post that she answers."""
    if parent is not None and parent.visibility in {"followers", "direct"}:
        return str(parent.visibility)
    return str(author.default_visibility)
