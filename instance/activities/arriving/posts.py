"""A believed post of another server on its way in: what goes with it is gathered, then it is kept, changed or brought back."""

from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import update

from federation.context import Federation
from federation.errors import FederationError, UnbelievableError
from federation.inbound.belief import fetched_object, owns
from federation.vocab.emoji import emoji_of
from federation.vocab.interaction import policy_of, quoted
from federation.vocab.iris import PUBLIC, same_origin
from federation.vocab.types import Object
from instance.activities.arriving import approvals, judging, wording
from instance.activities.arriving.gathering import Standing, learn, standing, strangers
from instance.activities.documents.addressing import inner_of, visibility_of
from instance.content import receive
from instance.content.admission import Approval, RemoteQuote
from instance.content.remote import RemotePost
from instance.db.groups import group_post
from instance.db.unit import Unit
from instance.people import accounts
from instance.people.remote import RemoteProfile
from policies.audience import OPEN_TO_ALL
from policies.decision import Obligation

MOST_ABOVE = 1
"""What an answer answers is fetched with it, for its rules count; the rest of the thread comes in a job."""


@dataclass(slots=True)
class Gathered:
    """A believed object and the profiles that go with it. `around` is who is named by the activity, not the object."""

    about: Object
    profiles: list[RemoteProfile] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    above: "list[Gathered]" = field(default_factory=list)
    """Posts of its thread that were not here, oldest first."""
    approval: Approval | None = None
    """The yes of the author of what it answers."""
    quote: RemoteQuote | None = None
    quoted: "Gathered | None" = None
    """What it quotes with its author's yes, if that was not here."""
    obligations: frozenset[Obligation] = frozenset()
    """What the policy asks to be done where it is kept."""
    spent: dict[str, int] = field(default_factory=dict)
    """How many requests it took, by host."""


def named_by(about: Object) -> list[str]:
    """Every actor that an object names: in its audience or by a Mention."""
    mentions = [tag.href for tag in about.tags if tag.type == "Mention" and tag.href]
    return list(dict.fromkeys([*mentions, *about.to, *about.cc, *about.audience]))


async def collect(federation: Federation, about: Object, known: Standing) -> Gathered:
    """The profiles that an object needs: its author's, and those of whom it mentions; and what the policy says of it.

    Raises JudgedError where it may not come in, UnbelievableError where its author is of another origin than itself.
    """
    if not owns(about.attributed_to, about):
        raise UnbelievableError("that object is not its author's")
    mentions = [tag.href for tag in about.tags if tag.type == "Mention" and tag.href]
    if any(iri not in known.asked for iri in (about.attributed_to, *mentions)):
        known = await standing(federation, about.attributed_to, mentions, [])
    profiles = await strangers(federation, known, [about.attributed_to, *mentions])
    if about.attributed_to not in known.accounts and about.attributed_to not in {one.iri for one in profiles}:
        raise UnbelievableError("the author can't be had")
    about, obligations = await judging.post(federation, about, _author(about, known, profiles, mentions))
    gathered = Gathered(about, profiles, obligations=obligations)
    if about.in_reply_to:
        gathered.approval = await approvals.claimed(federation, "reply", about, about.in_reply_to)
    await _with_quote(federation, gathered)
    return gathered


async def _with_quote(federation: Federation, gathered: Gathered) -> None:
    """What a post quotes: fetched only where its author has said yes, or is the same; not what that quotes in turn."""
    about, target = gathered.about, quoted(gathered.about.raw)
    if not target or target == about.id:
        return
    gathered.quote = RemoteQuote(target, await approvals.claimed(federation, "quote", about, target))
    own = same_origin(target, about.id)
    if federation.is_ours(target) or not (own or gathered.quote.approval):
        return
    known = await standing(federation, "", [], [target])
    if target in known.posts:
        return
    with suppress(FederationError):
        shown = await fetched_object(federation, target)
        allowed = gathered.quote.approval is not None or shown.attributed_to == about.attributed_to
        if allowed and shown.is_post and is_public(shown) and not quoted(shown.raw):
            gathered.quoted = await collect(federation, shown, known)


def _author(about: Object, known: Standing, profiles: list[RemoteProfile], mentions: list[str]) -> judging.Author:
    profile = known.accounts.get(about.attributed_to) or next(one for one in profiles if one.iri == about.attributed_to)
    ours = [row for iri in mentions if (row := known.accounts.get(iri)) is not None and row.domain == ""]
    strangers = any(row.id not in known.followers for row in ours if row.kind == "person")
    return judging.Author(profile, known.followed, strangers)


async def thread_above(federation: Federation, about: Object) -> list[Gathered]:
    """What a post answers, as far as it is not here and anyone may read it: at most `MOST_ABOVE` posts, oldest first."""
    found: list[Gathered] = []
    answered = about.in_reply_to
    while answered and len(found) < MOST_ABOVE and not federation.is_ours(answered):
        known = await standing(federation, "", [], [answered])
        if answered in known.posts:
            break
        try:
            above = await fetched_object(federation, answered)
            if not above.is_post or not is_public(above):
                break
            found.insert(0, await collect(federation, above, known))
        except FederationError:
            break
        answered = above.in_reply_to
    return found


def keep(u: Unit, gathered: Gathered, activity_iri: str = "", *, quiet: bool = False) -> int | None:
    """Keep a post, unless nobody here may read it. Returns its id. `activity_iri`: its Create, which groups pass on.

    `quiet`: it is an old one; nobody is notified of it.
    """
    if gathered.quoted is not None:
        learn(u, gathered.quoted.profiles)
        keep(u, gathered.quoted)
    remote = _remote_post(u, gathered)
    if remote is None:
        return None
    post_id = receive.receive(u, remote, quiet=quiet)
    may_be_in_a_group = remote.mentions or remote.silent_mentions or remote.reply_to_iri
    if post_id is not None and activity_iri and may_be_in_a_group:
        named = update(group_post).where(group_post.c.post_id == post_id, group_post.c.activity_iri.is_(None))
        u.connection.execute(named.values(activity_iri=activity_iri))
    return post_id


def change(u: Unit, gathered: Gathered) -> bool:
    """Change a post that is here; its audience stays. False where it is not here."""
    if gathered.quoted is not None:
        learn(u, gathered.quoted.profiles)
        keep(u, gathered.quoted)
    remote = _remote_post(u, gathered)
    return remote is not None and receive.receive_edit(u, remote) is not None


def revive(u: Unit, gathered: Gathered) -> int | None:
    """Bring a deleted post back whose author took the deletion back. Returns its id."""
    remote = _remote_post(u, gathered)
    return receive.revive(u, remote) if remote is not None else None


def _remote_post(u: Unit, gathered: Gathered) -> RemotePost | None:
    about = gathered.about
    mentions = [tag.href for tag in about.tags if tag.type == "Mention" and tag.href]
    found = accounts.by_iris(u.connection, [about.attributed_to, *named_by(about), *gathered.to, *gathered.cc])
    author = found.get(about.attributed_to)
    if author is None or author.domain == "" or not accounts.is_shown(author):
        return None
    visibility = visibility_of(about.to, about.cc, author.followers_iri)
    if gathered.to or gathered.cc:
        around = visibility_of(gathered.to, gathered.cc, author.followers_iri)
        visibility = visibility if around in OPEN_TO_ALL else inner_of(visibility, around)
    if Obligation.SHOW_TO_FOLLOWERS_ONLY in gathered.obligations:
        visibility = inner_of(visibility, "followers")
    loud = [found[iri].id for iri in dict.fromkeys(mentions) if iri in found]
    addressed = [iri for iri in (*about.to, *about.cc, *about.audience) if iri in found]
    silent = [found[iri].id for iri in dict.fromkeys(addressed) if _counts(found[iri], visibility)]
    silent = [account_id for account_id in silent if account_id not in loud and account_id != author.id]
    if visibility == "direct" and not any(row.domain == "" for row in found.values()):
        return None
    return RemotePost(
        iri=about.id,
        account_id=author.id,
        content=wording.content_of(about, u.site),
        visibility=visibility,
        created_at=about.published if about.published is not None else u.now,
        url=wording.url_of(about),
        kind=about.type.lower() or "note",
        title=wording.title_of(about),
        summary=wording.warning_of(about),
        sensitive=about.sensitive,
        language=about.language or None,
        reply_to_iri=about.in_reply_to or None,
        mentions=loud,
        silent_mentions=silent,
        tags=[tag.name for tag in about.tags if tag.type == "Hashtag" and tag.name],
        emoji=emoji_of(about.tags),
        attachments=wording.files_of(about),
        poll=wording.poll_of(about),
        edited_at=_edited(about, u.now),
        context_iri=about.context or None,
        policy=policy_of(about.raw, author.iri, author.followers_iri or ""),
        approval=gathered.approval,
        quote=gathered.quote,
        limited=Obligation.KEEP_OUT_OF_PUBLIC_TIMELINES in gathered.obligations,
        warned=Obligation.ADD_WARNING in gathered.obligations,
        unfetched=Obligation.DO_NOT_FETCH_MEDIA in gathered.obligations,
    )


def _edited(about: Object, now: int) -> int | None:
    """When it was changed, never later than now; not where it says the moment at which it was written."""
    if about.updated is None or about.updated <= (about.published or 0):
        return None
    return min(about.updated, now)


def _counts(row: object, visibility: str) -> bool:
    """Whether an addressee without a Mention is kept: groups of public posts, people of others."""
    is_group = getattr(row, "kind", "") == "group"
    return is_group if visibility in OPEN_TO_ALL else not is_group


def is_public(about: Object) -> bool:
    """Whether anyone may read an object."""
    return PUBLIC in about.to or PUBLIC in about.cc
