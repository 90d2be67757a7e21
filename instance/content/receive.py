"""Posts of other servers: taken in once, changed, joined to their threads. Whether to take them was decided before."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, bindparam, or_, select, update

from instance.content import admission, parts, polls, rules, submissions, timelines
from instance.content.admission import Arriving
from instance.content.remote import RemotePost
from instance.content.remote_parts import hang_on, set_poll
from instance.content.revisions import keep_revision
from instance.content.rules import is_ours
from instance.content.visible import readable_or_none
from instance.content.words import Words, columns, words_of
from instance.db.content import poll, post
from instance.db.people import account
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.emoji import used
from instance.errors import RefusalError
from instance.events import PostEdited, PostReceived
from instance.i18n import N_, _
from instance.ids import sortable_id
from instance.sanitise import clean, plain
from policies.audience import OPEN_TO_ALL
from policies.interaction import Verdict

TITLE_LENGTH = 300
SUMMARY_LENGTH = 1000
WARNING = N_("This server's rules put a warning on this post.")

# Built once: a post takes few statements, and building one costs more than running it.
_HERE = select(post.c.id, post.c.deleted_at, post.c.consent).where(post.c.iri == bindparam("iri"))
_PARENT = select(post).where(post.c.iri == bindparam("iri"), post.c.deleted_at.is_(None), post.c.boost_of_id.is_(None))
_HIDDEN = or_(post.c.consent.is_not(None), post.c.removed_at.is_not(None), submissions.waits_for_its_group())
_ORPHANS = select(post.c.id, post.c.thread_id, post.c.visibility, post.c.local_only, _HIDDEN.label("hidden")).where(
    post.c.reply_to_iri == bindparam("iri"), post.c.reply_to_id.is_(None), post.c.deleted_at.is_(None)
)


def receive(u: Unit, remote: RemotePost, *, quiet: bool = False) -> int | None:
    """Keep a remote post; returns its id. One that is here already is answered with its id, a deleted one with None.

    None also for an answer that the author of what it answers does not let. `quiet`: nobody is notified.
    """
    parent = _parent(u, remote.reply_to_iri, remote)
    wish = Arriving(remote.iri, remote.account_id, remote.approval)
    found = admission.may_answer(u, wish, parent)
    if found is Verdict.NO:
        return None
    post_id = sortable_id(remote.created_at, u.now)
    values = _values(u, post_id, remote, parent)
    if found is Verdict.ASK:
        values["consent"] = rules.PENDING
    if not insert_new(u.connection, post, **values):
        before = u.connection.execute(_HERE, {"iri": remote.iri}).first()
        if before is None:
            return receive(u, remote, quiet=quiet)  # another post of the same millisecond has drawn the same id
        if before.consent is not None and before.deleted_at is None:
            admission.let(u, before.id, wish, parent)
        return before.id if before.deleted_at is None else None
    hang_on(u, post_id, remote, new=True)
    if remote.quote is not None:
        admission.quote(u, remote.iri, remote.quote, _parent(u, remote.quote.iri, remote))
    if parent is not None and found is not Verdict.YES and admission.waits(u, wish, post_id, parent, found):
        return post_id
    if parent is not None and parts.counts_as_answer(remote.visibility, False):
        parts.count_on_post(u, parent.id, "replies_count", 1)
    _adopt(u, post_id, remote, parent.thread_id if parent is not None else str(post_id))
    if remote.policy is not None:
        admission.hide_unlet(u, post_id)
    parts.count_posts(u, remote.account_id, remote.visibility, 1)
    timelines.bring_home(u, post_id, remote.account_id, remote.visibility, values["reply_to_account_id"])
    u.record(PostReceived(post_id, remote.visibility, quiet))
    if values["group_id"] or remote.mentions or remote.silent_mentions:
        submissions.submit(u, post_id)
    return post_id


def revive(u: Unit, remote: RemotePost) -> int | None:
    """Bring back a remote post that its author deleted and has restored; its place in the thread is the old one.

    None where it is not here, or another's. One that is not deleted stays as it is.
    """
    here = select(post).where(post.c.iri == remote.iri, post.c.account_id == remote.account_id)
    row = u.connection.execute(here.with_for_update()).first()
    if row is None or row.deleted_at is None:
        return None if row is None else int(row.id)
    parent = _parent(u, remote.reply_to_iri, remote)
    changes = _said(u, row.id, replace(remote, visibility=row.visibility)) | {"deleted_at": None}
    changes |= {"edited_at": remote.edited_at, "version": post.c.version + 1}
    changes |= {"reply_to_id": parent.id if parent is not None else None}
    u.connection.execute(update(post).where(post.c.id == row.id).values(**changes))
    hang_on(u, row.id, remote)
    counts = parts.counts_as_answer(row.visibility, False) and submissions.is_shown(u.connection, row)
    if parent is not None and counts:
        parts.count_on_post(u, parent.id, "replies_count", 1)
    _adopt(u, row.id, remote, row.thread_id)
    parts.count_posts(u, remote.account_id, row.visibility, 1)
    timelines.bring_home(u, row.id, remote.account_id, row.visibility, row.reply_to_account_id)
    submissions.revived(u, row.id)
    return int(row.id)


def _parent(u: Unit, iri: str | None, remote: RemotePost) -> Row[Any] | None:
    """What a post answers or quotes. A post of ours only if its author may read that: else it is as if it were not here.

    By an address alone nobody gets a place at it, nor a No, which would say that there is something (SECURITY no. 16).
    """
    row = u.connection.execute(_PARENT, {"iri": iri}).first() if iri is not None else None
    if row is None or not is_ours(u.site.base_url, row) or (row.visibility in OPEN_TO_ALL and not row.local_only):
        return row
    return row if readable_or_none(u.connection, remote.account_id, row.id) is not None else None


def _values(u: Unit, post_id: int, remote: RemotePost, parent: Row[Any] | None) -> dict[str, Any]:
    return {
        "id": post_id,
        "iri": remote.iri,
        "url": remote.url or remote.iri,
        "account_id": remote.account_id,
        "group_id": remote.group_id or _group_of(u, remote, parent),
        "reply_to_id": parent.id if parent is not None else None,
        "reply_to_account_id": parent.account_id if parent is not None else None,
        "reply_to_iri": remote.reply_to_iri,
        "thread_id": parent.thread_id if parent is not None else str(post_id),
        "context_iri": remote.context_iri,
        "visibility": remote.visibility,
        "created_at": min(remote.created_at, u.now),
        "received_at": u.now,
        "edited_at": remote.edited_at,
        **_said(u, post_id, remote),
    }


def _said(u: Unit, post_id: int, remote: RemotePost) -> dict[str, Any]:
    """The columns that an edit changes."""
    words = _words(remote)
    return {
        "kind": "question" if remote.poll is not None else remote.kind[:12],
        "policy": remote.policy,
        "sensitive": remote.sensitive or bool(words.summary),
        "language": (remote.language or "")[:16] or None,
        "limited": remote.limited,
        **columns(u.site.vault, post_id, remote.visibility, words),
    }


def _words(remote: RemotePost) -> Words:
    summary = plain(remote.summary)[:SUMMARY_LENGTH] or (_(WARNING) if remote.warned else "")
    title, content = plain(remote.title)[:TITLE_LENGTH], clean(remote.content)
    options = [option for option, _votes in remote.poll.options] if remote.poll is not None and remote.emoji else []
    return Words(title, summary, content, emoji=used(remote.emoji, title, summary, content, *options))


def _group_of(u: Unit, remote: RemotePost, parent: Row[Any] | None) -> int | None:
    """The open group that a public post is for, where it does not say: one that it names, or that of its parent."""
    if remote.visibility not in OPEN_TO_ALL:
        return None
    named = [*remote.mentions, *remote.silent_mentions]
    if named:
        groups = select(account.c.id).where(account.c.id.in_(named), account.c.kind == "group", ~account.c.locked)
        found = u.connection.execute(groups.order_by(account.c.domain, account.c.id)).scalars().first()
        if found is not None:
            return int(found)
    return parent.group_id if parent is not None and parent.visibility in OPEN_TO_ALL else None


def _adopt(u: Unit, post_id: int, remote: RemotePost, thread_id: str) -> None:
    """Answers that were here before this post find their place under it, with all that hangs on them."""
    rows = u.connection.execute(_ORPHANS, {"iri": remote.iri}).all()
    if not rows:
        return
    ids, threads = [row.id for row in rows], {row.thread_id for row in rows}
    joined = {"reply_to_id": post_id, "reply_to_account_id": remote.account_id, "version": post.c.version + 1}
    u.connection.execute(update(post).where(post.c.id.in_(ids)).values(**joined))
    u.connection.execute(update(post).where(post.c.thread_id.in_(threads)).values(thread_id=thread_id))
    counted = sum(not row.hidden and parts.counts_as_answer(row.visibility, row.local_only) for row in rows)
    parts.count_on_post(u, post_id, "replies_count", counted)


def receive_edit(u: Unit, remote: RemotePost) -> int | None:
    """Change a remote post that is here; its audience and its place stay. None where it is not here, or gone.

    News of a poll's counts alone, or of nothing, is no edit: no revision is kept.
    """
    here = select(post).where(post.c.iri == remote.iri, post.c.account_id == remote.account_id)
    row = u.connection.execute(here.where(post.c.deleted_at.is_(None)).with_for_update()).first()
    if row is None:
        return None
    if remote.edited_at is not None and row.edited_at is not None and remote.edited_at < row.edited_at:
        return int(row.id)  # news from before what we know
    if remote.edited_at is None and _says_otherwise(u, row, remote):
        remote = replace(remote, edited_at=u.now)  # not everybody tells when
    edited = remote.edited_at is not None and remote.edited_at != row.edited_at
    changes: dict[str, Any] = {"version": post.c.version + 1, "policy": remote.policy}
    if row.consent is not None:
        wish = Arriving(remote.iri, remote.account_id, remote.approval)
        admission.let(u, row.id, wish, _parent(u, row.reply_to_iri, remote))
    if remote.quote is not None:
        admission.quote(u, remote.iri, remote.quote, _parent(u, remote.quote.iri, remote))
    if edited:
        keep_revision(u, row)
        same_audience = replace(remote, visibility=row.visibility)
        changes |= {**_said(u, row.id, same_audience), "edited_at": remote.edited_at}
        parts.drop_emoji(u, _gone(words_of(u.site.vault, row), same_audience))
        hang_on(u, row.id, remote)
    elif remote.poll is not None:
        set_poll(u, row.id, remote.poll)
    u.connection.execute(update(post).where(post.c.id == row.id).values(**changes))
    if edited:
        u.record(PostEdited(row.id))
    return int(row.id)


def _says_otherwise(u: Unit, row: Row[Any], remote: RemotePost) -> bool:
    known, now = words_of(u.site.vault, row), _words(remote)
    return (known.title, known.summary, known.content) != (now.title, now.summary, now.content)


def _gone(before: Words, remote: RemotePost) -> dict[str, str]:
    """Custom emoji that stood in a post and no longer do."""
    now = set(_words(remote).emoji.values()) if before.emoji else set()
    return {name: address for name, address in before.emoji.items() if address not in now}


def receive_votes(u: Unit, account_id: int, post_id: int, title: str, *, iri: str | None = None) -> bool:
    """A remote account's vote for the option of this title in a local post's poll; False where it does not count."""
    row = u.connection.execute(select(poll).where(poll.c.post_id == post_id)).first()
    titles = [option["title"] for option in row.options] if row is not None else []
    title = title.strip()
    if row is None or title not in titles:
        return False
    try:
        polls.vote(u, account_id, row.id, [titles.index(title)], iri=iri)
    except RefusalError:
        return False
    return True
