"""Posts of members: write, edit, delete. One service for apps, pages and whatever else hands in a draft."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from instance.content import consent, interactions, locks, parts, quotes, rules, submissions, timelines, titles
from instance.content.drafts import Audience, Draft, PollDraft, audience, check
from instance.content.formatting import Formatted, render
from instance.content.polls import open_poll
from instance.content.revisions import keep_revision
from instance.content.visible import shown
from instance.content.words import NOTHING, Words, columns, words_of
from instance.db.content import (
    attachment,
    bookmark,
    dislike,
    favourite,
    interaction,
    pin,
    poll,
    post,
    revision,
    tag,
    vote,
)
from instance.db.reading import notification, word_filter_post
from instance.db.system import idempotent_answer
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import NotFoundError, RefusalError
from instance.events import InteractionAsked, PostDeleted, PostEdited, PostWritten
from instance.groups import bans
from instance.i18n import N_
from instance.ids import sortable_id
from instance.people import accounts, moves
from policies.interaction import Verdict

__all__ = ["Draft", "PollDraft", "RepeatedError", "delete_post", "edit", "write"]

KEY_LENGTH = 200


class RepeatedError(Exception):
    """The same request came twice at the same time; the other one won. Ask again: its post is answered."""


def write(u: Unit, author_id: int, draft: Draft) -> int:
    """Publish a draft; returns the post's id, of the first one where the Idempotency-Key was seen before.

    Raises RefusalError for what can't be posted, NotFoundError where the post to be answered is not for the author,
    RepeatedError where the same key is being written at this moment.
    """
    author = _author(u, author_id)
    key = (draft.idempotency_key or "")[:KEY_LENGTH]
    if key and (before := _answered(u, author_id, key)) is not None:
        return before
    check(draft)
    parent = shown(u.connection, author_id, draft.reply_to_id) if draft.reply_to_id is not None else None
    moves.may_write(author)
    named = parts.named_in(u.connection, draft.text, u.site.domain)
    made = render(draft.text, draft.content_type, mentions=parts.known(named), base=u.site.base_url)
    mentioned = [row for row in named.values() if row.id in made.mentions]
    given = audience(author, draft, mentioned, parent)
    if given.group_id is not None and parent is None and (titled := _titled(draft)) is not draft:
        draft = titled
        made = render(draft.text, draft.content_type, mentions=parts.known(named), base=u.site.base_url)
    if parent is not None:
        locks.check(u.connection, parent.id)
    if given.group_id is not None:
        bans.check_may_write(u.connection, given.group_id, author_id, u.now)
    found = _may_answer(u, author_id, draft, parent)
    quoted = quotes.check(u.connection, author_id, draft.quoted_id, given.visibility) if draft.quoted_id else None
    post_id = _insert(u, author, draft, made, given, parent)
    if key and not insert_new(
        u.connection, idempotent_answer, account_id=author_id, request_key=key, post_id=post_id, created_at=u.now
    ):
        raise RepeatedError
    _hang_on(u, author_id, post_id, draft, made)
    if quoted is not None:
        quotes.quote(u, author, post_id, *quoted)
    if parent is not None and _waits(u, author, post_id, parent, found):
        return post_id
    if parent is not None and parts.counts_as_answer(given.visibility, draft.local_only):
        parts.count_on_post(u, parent.id, "replies_count", 1)
    parts.count_posts(u, author_id, given.visibility, 1)
    timelines.fan_out(u, post_id)
    u.record(PostWritten(post_id))
    submissions.submit(u, post_id)
    return post_id


def _may_answer(u: Unit, author_id: int, draft: Draft, parent: Row[Any] | None) -> Verdict:
    """What the rules of the post that is answered say. Answering what waits for her is saying yes to it."""
    if parent is None:
        return Verdict.YES
    if parent.consent is not None:
        waiting = interactions.of_post(u.connection, "reply", parent.id)
        if waiting is None or waiting.target_id != author_id or parent.consent != rules.PENDING:
            raise RefusalError(
                "reply-waits", N_("That reply of yours is not shown to others yet; wait for the answer about it.")
            )
        consent.authorize(u, author_id, waiting.id)
        return Verdict.YES
    found = rules.verdict(u.connection, "reply", parent, author_id)
    if found is Verdict.NO or (found is not Verdict.YES and draft.local_only):
        raise rules.refusal("reply")
    return found


def _waits(u: Unit, author: Row[Any], post_id: int, parent: Row[Any], found: Verdict) -> bool:
    """Whether a reply is to be shown to nobody before the author of what it answers has said yes; then it is asked."""
    if found is Verdict.YES:
        return False
    wish = interactions.Wish("reply", f"{author.iri}/p/{post_id}", author.id, post_id)
    this = update(post).where(post.c.id == post_id)
    if found is Verdict.STAMPED and rules.is_ours(u.site.base_url, parent):
        stamp = interactions.mint(u.connection, parent.account_id)
        interactions.keep(u, wish, parent, interactions.ACCEPTED, approval_iri=stamp)
        u.connection.execute(this.values(approved_by=stamp))
        return False
    u.connection.execute(this.values(consent=rules.PENDING))
    timelines.own(u, author.id, post_id)
    u.record(InteractionAsked(interactions.keep(u, wish, parent)))
    return True


def _titled(draft: Draft) -> Draft:
    """A draft for a group whose text begins with `# Title`: with that as its title, unless it has one."""
    if draft.title:
        return draft
    title, text = titles.split(draft.text)
    return replace(draft, title=title, text=text) if title else draft


def _author(u: Unit, author_id: int) -> Row[Any]:
    author = accounts.by_id(u.connection, author_id)
    if author is None or not accounts.is_shown(author):
        raise NotFoundError
    return author


def _answered(u: Unit, author_id: int, key: str) -> int | None:
    c = idempotent_answer.c
    asked = select(c.post_id).where(c.account_id == author_id, c.request_key == key)
    return u.connection.execute(asked).scalar_one_or_none()


def _insert(u: Unit, author: Row[Any], draft: Draft, made: Formatted, given: Audience, parent: Row[Any] | None) -> int:
    post_id = sortable_id(u.now, u.now)
    words = Words(draft.title.strip(), draft.summary.strip(), made.html, draft.text)
    values = {
        "id": post_id,
        "iri": f"{author.iri}/p/{post_id}",
        "url": u.site.url(f"/@{author.name}/{post_id}"),
        "account_id": author.id,
        "group_id": given.group_id,
        "visibility": given.visibility,
        "local_only": draft.local_only,
        "kind": "question" if draft.poll is not None else "note",
        "sensitive": draft.sensitive or bool(words.summary),
        "language": draft.language or author.default_language,
        "source_type": draft.content_type,
        "app_id": draft.app_id,
        "thread_id": str(post_id),
        "context_iri": f"{author.iri}/p/{post_id}/context",
        "policy": rules.of_new_post(author, given.visibility, given.group_id, dict(draft.rules)),
        "created_at": u.now,
        "received_at": u.now,
    }
    if parent is not None:
        values |= {"reply_to_id": parent.id, "reply_to_account_id": parent.account_id, "reply_to_iri": parent.iri}
        values |= {"thread_id": parent.thread_id, "context_iri": parent.context_iri}
    u.connection.execute(insert(post).values(**values, **columns(u.site.vault, post_id, given.visibility, words)))
    return post_id


def _hang_on(u: Unit, author_id: int, post_id: int, draft: Draft, made: Formatted) -> None:
    parts.set_mentions(u, post_id, made.mentions)
    parts.set_tags(u, post_id, made.tags, new=True)
    if draft.media_ids:
        parts.set_media(u, author_id, post_id, draft.media_ids)
    if draft.poll is not None:
        open_poll(u, post_id, draft.poll)


def own(u: Unit, author_id: int, post_id: int) -> Row[Any]:
    """An author's own post that is still there. Raises NotFoundError, for others' posts too."""
    mine = select(post).where(post.c.id == post_id, post.c.account_id == author_id, post.c.deleted_at.is_(None))
    row = u.connection.execute(mine.where(post.c.boost_of_id.is_(None)).with_for_update()).first()
    if row is None:
        raise NotFoundError
    return row


def edit(u: Unit, author_id: int, post_id: int, draft: Draft) -> None:
    """Change a post; what it was before is kept as a revision. Its audience and what it answers stay.

    A poll that comes with other options starts anew. Raises RefusalError, NotFoundError.
    """
    row = own(u, author_id, post_id)
    if row.group_id is not None and row.reply_to_iri is None:
        draft = _titled(draft)
    check(draft)
    named = parts.named_in(u.connection, draft.text, u.site.domain)
    made = render(draft.text, draft.content_type, mentions=parts.known(named), base=u.site.base_url)
    keep_revision(u, row)
    words = Words(draft.title.strip(), draft.summary.strip(), made.html, draft.text)
    values = {
        "sensitive": draft.sensitive or bool(words.summary),
        "language": draft.language or row.language,
        "kind": "question" if draft.poll is not None else "note",
        "source_type": draft.content_type,
        "edited_at": u.now,
        "version": post.c.version + 1,
    }
    changed = columns(u.site.vault, post_id, row.visibility, words)
    u.connection.execute(update(post).where(post.c.id == post_id).values(**values, **changed))
    parts.set_mentions(u, post_id, made.mentions)
    parts.set_tags(u, post_id, made.tags)
    parts.set_media(u, author_id, post_id, draft.media_ids)
    parts.describe_media(u, post_id, draft.media_words)
    _change_poll(u, post_id, draft.poll)
    u.record(PostEdited(post_id))


def _change_poll(u: Unit, post_id: int, draft: PollDraft | None) -> None:
    old = u.connection.execute(select(poll).where(poll.c.post_id == post_id)).first()
    if draft is not None and old is not None:
        same = [option["title"] for option in old.options] == [option.strip() for option in draft.options]
        if same and old.multiple == draft.multiple:
            return
    parts.drop_poll(u, post_id)
    if draft is not None:
        open_poll(u, post_id, draft)


def delete_post(u: Unit, post_id: int, *, copy_only: bool = False) -> None:
    """Erase a post, local or remote: its words, pictures, revisions and poll at once, boosts of it too.

    The row stays as a tombstone, so that it can't come back and its deletion can be told. Nothing happens twice.
    `copy_only`: the post is still where it was written, so that nothing is told of boosts.
    """
    row = u.connection.execute(select(post).where(post.c.id == post_id).with_for_update()).first()
    if row is None or row.deleted_at is not None or row.boost_of_id is not None:
        return
    knew = tuple(parts.touched_by(u.connection, post_id))
    boosts = () if copy_only else tuple(parts.boosts_here(u.connection, post_id))
    gone = {"deleted_at": u.now, "language": None, "app_id": None, "sensitive": False, "version": post.c.version + 1}
    erased = columns(u.site.vault, post_id, "public", NOTHING)
    u.connection.execute(update(post).where(post.c.id == post_id).values(**gone, **erased))
    quotes.on_gone(u, post_id)
    u.connection.execute(delete(interaction).where(interaction.c.by_post_id == post_id))
    parts.drop_media(u, attachment.c.post_id == post_id)
    parts.drop_emoji(u, words_of(u.site.vault, row).emoji)
    parts.drop_poll(u, post_id)
    for table in (revision, tag, favourite, dislike, vote, bookmark, pin, notification, word_filter_post):
        u.connection.execute(delete(table).where(table.c.post_id == post_id))
    timelines.take_out(u, post_id)
    u.connection.execute(delete(post).where(post.c.boost_of_id == post_id))
    answers = update(post).where(post.c.reply_to_id == post_id)
    u.connection.execute(answers.values(reply_to_id=None, version=post.c.version + 1))
    if row.consent is None:
        counts = parts.counts_as_answer(row.visibility, row.local_only) and submissions.is_shown(u.connection, row)
        if row.reply_to_id is not None and counts:
            parts.count_on_post(u, row.reply_to_id, "replies_count", -1)
        parts.count_posts(u, row.account_id, row.visibility, -1)
    u.record(PostDeleted(post_id, row.account_id, knew, boosts))
