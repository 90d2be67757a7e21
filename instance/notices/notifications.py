"""Who is told what: handlers of events that put notifications before members.

Nobody is told of what comes from somebody that she blocks, mutes or whose server she refuses, nor of a thread she muted.
A row holds ids only; whether the post may still be read is asked when it is shown.
"""

from typing import Any

from sqlalchemy import BigInteger, Row, and_, bindparam, delete, select, union_all

from instance.db.content import interaction, mention, poll, poll_vote, post, report
from instance.db.groups import group, group_post, group_role
from instance.db.people import account, follow, login
from instance.db.reading import notification
from instance.db.unit import Unit
from instance.events import (
    BlockMade,
    BoostUndone,
    FavouriteUndone,
    FollowAccepted,
    FollowEnded,
    FollowRejected,
    FollowRequested,
    GroupActed,
    GroupPostAnnounced,
    InteractionAccepted,
    InteractionAsked,
    MemberSignedUp,
    PollClosed,
    PostBoosted,
    PostDeleted,
    PostEdited,
    PostFavourited,
    PostReceived,
    PostWritten,
    QuoteMade,
    RelationsSevered,
    ReportFiled,
)
from instance.notices.telling import STAFF, tell, told_of, untell

PENDING = {"reply": "mention", "like": "pending.favourite", "boost": "pending.reblog", "quote": "pending.quote"}
"""What waits for her is told in GoToSocial's words; of a reply as of a mention, which every app shows."""


# Whether a new post may concern anybody here: of most that arrive, nobody is told.
_asked = bindparam("post_id", type_=BigInteger)
_ANYBODY = union_all(
    select(mention.c.account_id)
    .join(account, account.c.id == mention.c.account_id)
    .where(mention.c.post_id == _asked, mention.c.silent.is_(False), account.c.domain == ""),
    select(follow.c.follower_id)
    .join(post, post.c.account_id == follow.c.target_id)
    .where(post.c.id == _asked, follow.c.state == "accepted", follow.c.notify),
).limit(1)


def on_post(u: Unit, event: PostWritten | PostReceived) -> None:
    """A new post: those whom it names, and those who asked to hear of its author's posts."""
    if isinstance(event, PostReceived) and event.quiet:
        return
    if u.connection.execute(_ANYBODY, {"post_id": event.post_id}).first() is None:
        return
    row = _post(u, event.post_id)
    if row is None:
        return
    named = _named(u, row.id)
    if row.approved_by is not None:  # whoever said yes to it has been told before
        named -= told_of(u, row)
    tell(u, "mention", row.account_id, named, row)
    answers_another = row.reply_to_id is not None and row.reply_to_account_id != row.account_id
    if row.visibility not in {"direct", "group"} and not answers_another:
        listening = select(follow.c.follower_id).where(
            follow.c.target_id == row.account_id, follow.c.state == "accepted", follow.c.notify
        )
        tell(u, "status", row.account_id, set(u.connection.execute(listening).scalars()) - named, row)


def on_edit(u: Unit, event: PostEdited) -> None:
    """An edited post: those whom it names for the first time, and those who boosted it."""
    row = _post(u, event.post_id)
    if row is None or row.consent is not None:
        return
    tell(u, "mention", row.account_id, _named(u, row.id) - told_of(u, row), row)
    boosters = select(post.c.account_id).where(post.c.boost_of_id == row.id, post.c.deleted_at.is_(None))
    tell(u, "update", row.account_id, u.connection.execute(boosters).scalars(), row)
    quoting = select(interaction.c.account_id).where(
        interaction.c.post_id == row.id, interaction.c.kind == "quote", interaction.c.state == "accepted"
    )
    tell(u, "quoted_update", row.account_id, u.connection.execute(quoting).scalars(), row)


def on_asked(u: Unit, event: InteractionAsked) -> None:
    """Somebody waits for a yes: the post's author is told, and shown the reply or the post that quotes hers."""
    row = _interaction(u, event.interaction_id)
    about = _post(u, row.post_id if row.kind in {"like", "boost"} else row.by_post_id) if row is not None else None
    if row is not None and about is not None:
        tell(u, PENDING[row.kind], row.account_id, [row.target_id], about)


def on_decided(u: Unit, event: InteractionAccepted) -> None:
    """What is answered does not wait any more."""
    row = _interaction(u, event.interaction_id)
    if row is not None and row.kind != "reply" and not event.by_rule:
        post_id = row.by_post_id if row.kind == "quote" else row.post_id
        untell(u, PENDING[row.kind], row.account_id, post_id=post_id, account_id=row.target_id)


def on_quote(u: Unit, event: QuoteMade) -> None:
    """A post is quoted with its author's yes: she is told."""
    row = _interaction(u, event.interaction_id)
    about = _post(u, row.by_post_id) if row is not None else None
    if row is not None and about is not None:
        tell(u, "quote", row.account_id, [row.target_id], about)


def _interaction(u: Unit, interaction_id: int) -> Row[Any] | None:
    return u.connection.execute(select(interaction).where(interaction.c.id == interaction_id)).first()


def on_deleted(u: Unit, event: PostDeleted) -> None:
    """What points at a deleted post goes with it."""
    u.connection.execute(delete(notification).where(notification.c.post_id == event.post_id))


def on_favourite(u: Unit, event: PostFavourited) -> None:
    """The author is told."""
    row = _post(u, event.post_id)
    if row is not None:
        tell(u, "favourite", event.account_id, [row.account_id], row)


def on_unfavourite(u: Unit, event: FavouriteUndone) -> None:
    """What was taken back is not told any more."""
    untell(u, "favourite", event.account_id, post_id=event.post_id)


def on_boost(u: Unit, event: PostBoosted) -> None:
    """The author is told of a person's boost; a group's are how posts travel, and told only after waiting."""
    row = _post(u, event.post_id)
    if event.quiet:
        return
    is_group = u.connection.execute(select(group.c.id).where(group.c.id == event.account_id)).first()
    if row is not None and is_group is None:
        tell(u, "reblog", event.account_id, [row.account_id], row)


def on_announced(u: Unit, event: GroupPostAnnounced) -> None:
    """A post that waited for a group's moderators was let through: its author is told."""
    decided = select(group_post.c.decided_by).where(group_post.c.id == event.group_post_id)
    row = _post(u, event.post_id)
    if row is not None and u.connection.execute(decided).scalar() is not None:
        tell(u, "reblog", event.group_id, [row.account_id], row)


def on_group_acted(u: Unit, event: GroupActed) -> None:
    """A group's moderators took a post out or warn its author: she is told, with their reason; not of what is back."""
    row = _post(u, event.post_id) if event.verb in {"Delete", "Warn"} and event.post_id is not None else None
    if row is None:
        return
    untell(u, "moderation_warning", event.group_id, post_id=row.id)
    if not event.undo:
        tell(u, "moderation_warning", event.group_id, [row.account_id], row, about_id=row.id)


def on_unboost(u: Unit, event: BoostUndone) -> None:
    """What was taken back is not told any more."""
    untell(u, "reblog", event.account_id, post_id=event.post_id)


def on_follow_request(u: Unit, event: FollowRequested) -> None:
    """Whoever answers follows herself is told."""
    tell(u, "follow_request", event.follower_id, [event.target_id])


def on_follow(u: Unit, event: FollowAccepted) -> None:
    """A new follower; one who was let in by hand is known already."""
    untell(u, "follow_request", event.follower_id, account_id=event.target_id)
    known = select(notification.c.id).where(
        notification.c.account_id == event.target_id,
        notification.c.kind == "follow",
        notification.c.from_id == event.follower_id,
    )
    if not event.requested_before and u.connection.execute(known).first() is None:
        tell(u, "follow", event.follower_id, [event.target_id])


def on_follow_gone(u: Unit, event: FollowEnded | FollowRejected) -> None:
    """A follow or a request that is no more."""
    for kind in ("follow_request", "follow"):
        untell(u, kind, event.follower_id, account_id=event.target_id)


def on_block(u: Unit, event: BlockMade) -> None:
    """What came from somebody who is blocked now goes, on both sides."""
    for mine, theirs in ((event.account_id, event.target_id), (event.target_id, event.account_id)):
        which = and_(notification.c.account_id == mine, notification.c.from_id == theirs)
        u.connection.execute(delete(notification).where(which))


def on_poll_closed(u: Unit, event: PollClosed) -> None:
    """The result is there: its author and those who voted are told."""
    row = _post(u, event.post_id)
    if row is None:
        return
    voters = select(poll_vote.c.account_id).join(poll, poll.c.id == poll_vote.c.poll_id)
    told = {row.account_id, *u.connection.execute(voters.where(poll.c.id == event.poll_id)).scalars()}
    tell(u, "poll", row.account_id, told, row, to_herself=True)


def on_sign_up(u: Unit, event: MemberSignedUp) -> None:
    """Somebody signed up: moderators and stewards are told."""
    staff = select(login.c.account_id).where(login.c.role.in_(STAFF), login.c.state == "active")
    tell(u, "admin.sign_up", event.account_id, u.connection.execute(staff).scalars())


def on_report(u: Unit, event: ReportFiled) -> None:
    """Somebody reported something: moderators and stewards are told, and those of the group that the post is in."""
    asked = select(report.c.account_id, report.c.id, report.c.group_id)
    row = u.connection.execute(asked.where(report.c.id == event.report_id)).one()
    staff = select(login.c.account_id).where(login.c.role.in_(STAFF), login.c.state == "active")
    in_group = select(group_role.c.account_id).where(group_role.c.group_id == row.group_id)
    told = u.connection.execute(staff.union(in_group)).scalars()
    tell(u, "admin.report", row.account_id, told, about_id=row.id)


def on_severed(u: Unit, event: RelationsSevered) -> None:
    """A member is told that she lost followers, or whom she followed."""
    to = [event.account_id]
    tell(u, "severed_relationships", event.account_id, to, to_herself=True, about_id=event.severance_id)


_FACTS = [
    post.c[name]
    for name in (
        "id",
        "account_id",
        "thread_id",
        "visibility",
        "reply_to_id",
        "reply_to_account_id",
        "consent",
        "approved_by",
    )
]


def _post(u: Unit, post_id: int) -> Row[Any] | None:
    return u.connection.execute(select(*_FACTS).where(post.c.id == post_id, post.c.deleted_at.is_(None))).first()


def _named(u: Unit, post_id: int) -> set[int]:
    named = select(mention.c.account_id).where(mention.c.post_id == post_id, mention.c.silent.is_(False))
    return set(u.connection.execute(named).scalars())
