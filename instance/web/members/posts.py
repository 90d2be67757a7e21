"""A post with its thread, and what members do with a post: answer, like, pass on, keep, vote, delete."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from federation.endpoints.wanted import wants_object
from instance.content import boosts, locks, marks, polls, posts, quotes, threads
from instance.content.threads import context
from instance.content.visible import readable
from instance.db.unit import Unit
from instance.errors import NotFoundError
from instance.i18n import N_, _
from instance.people import accounts
from instance.web.frame.forms import filled, number
from instance.web.frame.outside import listed, may_be_listed
from instance.web.frame.visitor import Endpoint, Visitor, go, member_page, own_path, page
from instance.web.pieces import cards, rules, writing
from instance.web.pieces.cards import NEWEST
from policies.audience import OPEN_TO_ALL

MOST_BEFORE, MOST_AFTER = 40, 200
MOST_QUOTING = 20
DONE = {
    "sent": N_("Your reply is sent."),
    "asked": N_("Your reply is sent. Others see it once the author of this post has said yes."),
    "saved": N_("Saved."),
    "back": N_("Taken back: your post is shown there no more."),
}

Deed = Callable[[Unit, int, int], Any]
DEEDS: dict[str, Deed] = {
    "favourite": marks.favourite,
    "unfavourite": marks.unfavourite,
    "boost": boosts.boost,
    "unboost": boosts.unboost,
    "bookmark": marks.bookmark,
    "unbookmark": marks.unbookmark,
}


async def show(visitor: Visitor, status: int = 200) -> Response:
    """`/@name/{id}`: a post, what it answers and what answers it."""
    post_id = _post_id(visitor)
    if wants_object(visitor.request.headers):
        return await _to_the_object(visitor, post_id)
    around = await visitor.house.store.read(context, visitor.account_id, post_id, visitor.house.site.clock.now())
    await _ask_for_the_rest(visitor, post_id)
    before, after = around.ancestors[-MOST_BEFORE:], around.descendants[:MOST_AFTER]
    found = await cards.by_ids(visitor.house, visitor.account_id, [*before, post_id, *after])
    shown = {card.id: card for card in found}
    card = shown.get(post_id)
    handle = visitor.param("name").lower().removesuffix("@" + visitor.house.site.domain)
    if card is None or card.author.handle.lower() != handle:
        raise NotFoundError
    author = await visitor.house.store.read(accounts.by_id, card.author.id)
    quoting = await visitor.house.store.read(quotes.quoted_by, visitor.account_id, card.id, (NEWEST, 0), MOST_QUOTING)
    rules_form = filled()
    rules.fill_from(rules_form, card.policy)
    if not visitor.form.values["text"]:
        visitor.form.values["text"] = "" if card.mine else f"@{card.author.handle} "
    indexable = bool(author and author.indexable and card.visibility == "public")
    shown_page = visitor.page(
        "members/post.html",
        status,
        post=card,
        before=[shown[one] for one in before if one in shown],
        after=[shown[one] for one in after if one in shown],
        indexable=indexable,
        alternate=card.iri if card.visibility in OPEN_TO_ALL and not card.author.is_remote else "",
        locked=await visitor.house.store.read(locks.is_locked, post_id),
        reply_readers=_reply_readers(card, await _public_posting(visitor)),
        done=_(DONE[visitor.query("done")]) if visitor.query("done") in DONE else "",
        quoting=await cards.by_ids(visitor.house, visitor.account_id, quoting) if quoting else [],
        rules_form=rules_form,
        repliers=rules.repliers(rules_form),
        quoters=rules.quoters(rules_form),
    )
    return listed(shown_page) if indexable and await may_be_listed(visitor.house) else shown_page


async def _ask_for_the_rest(visitor: Visitor, post_id: int) -> None:
    """A member who opens a thread has it completed, in a job."""
    store, now = visitor.house.store, visitor.house.site.clock.now()
    if visitor.session is not None and await store.read(threads.is_due, post_id, now):
        await store.unit(threads.ask, post_id)


async def reply(visitor: Visitor) -> Response:
    """Send a reply; its audience is the one of the post that it answers."""
    post_id = _post_id(visitor)
    answered = await visitor.house.store.read(readable, visitor.account_id, post_id)
    written = await writing.send(visitor, visibility=answered.visibility, reply_to=post_id)
    if written is None:
        return await show(visitor, 422)
    reply_card = await _one(visitor, visitor.member.account_id, written)
    return go(f"{visitor.request.url.path}?done={'asked' if reply_card.consent else 'sent'}#post-{written}")


def _deed(does: Deed) -> Endpoint:
    """A page that does one of DEEDS and goes back to where she was."""

    async def handler(visitor: Visitor) -> Response:
        post_id = _post_id(visitor)
        await visitor.house.store.unit(does, visitor.member.account_id, post_id)
        return go(own_path(visitor.form["next"]) + f"#post-{post_id}")

    return member_page(handler)


async def vote(visitor: Visitor) -> Response:
    """Vote in a poll."""
    reader, post_id = visitor.member.account_id, _post_id(visitor)
    card = await _one(visitor, reader, post_id)
    if card.poll is None:
        raise NotFoundError
    named = ("choice", *(f"choice{n}" for n in range(len(card.poll.options))))
    chosen = [int(value) for value in (visitor.form[name] for name in named) if value.isdigit() and len(value) < 3]
    await visitor.house.store.unit(polls.vote, reader, card.poll.id, chosen)
    return go(own_path(visitor.form["next"]))


async def ask_delete(visitor: Visitor) -> Response:
    """Ask before a post is deleted."""
    card = await _own(visitor)
    return visitor.page(
        "confirm.html",
        question=_("Delete this post?"),
        sentence=_(
            "It can't be brought back. It is erased here, and other servers are asked to erase their copies; whoever has"
            " read it has read it."
        ),
        shown=card.words,
        action=f"/posts/{card.id}/delete",
        fields={},
        yes=_("Delete the post"),
        back=card.page,
    )


async def delete(visitor: Visitor) -> Response:
    """Delete an own post."""
    card = await _own(visitor)
    await visitor.house.store.unit(posts.delete_post, card.id)
    return go("/?done=deleted")


def _reply_readers(card: cards.Card, public_posting: bool) -> str:
    """Who will read an answer to this post."""
    if card.visibility in OPEN_TO_ALL:
        if card.in_group or public_posting:
            return _("Your reply can be read by anyone who can read this.")
        return _("Your reply can be read by the people who follow you, and those you name.")
    return {
        "followers": _("Your reply can be read by the people who follow you, and those you name."),
        "direct": _("Your reply can be read by those you name, nobody else."),
        "group": _("Your reply can be read by the people in the group."),
    }[card.visibility]


async def _public_posting(visitor: Visitor) -> bool:
    if visitor.session is None:
        return False
    me = await visitor.house.store.read(accounts.by_id, visitor.session.account_id)
    return bool(me and me.public_posting)


def _post_id(visitor: Visitor) -> int:
    found = number(visitor.param("post_id"))
    if found is None:
        raise NotFoundError
    return found


async def _one(visitor: Visitor, reader_id: int, post_id: int) -> cards.Card:
    found: Sequence[cards.Card] = await cards.by_ids(visitor.house, reader_id, [post_id])
    if not found:
        raise NotFoundError
    return found[0]


async def _own(visitor: Visitor) -> cards.Card:
    card = await _one(visitor, visitor.member.account_id, _post_id(visitor))
    if not card.mine:
        raise NotFoundError
    return card


async def _to_the_object(visitor: Visitor, post_id: int) -> Response:
    """A server that asks for the page's address is sent to the object's own, where its signature is judged."""
    author = await visitor.house.store.read(accounts.by_name, visitor.param("name"))
    if author is None or not accounts.is_shown(author):
        raise NotFoundError
    return RedirectResponse(f"{author.iri}/p/{post_id}", 302)


ROUTES = [
    Route("/@{name}/{post_id:int}", page(show), methods=["GET"]),
    Route("/@{name}/{post_id:int}", member_page(reply), methods=["POST"]),
    Route("/posts/{post_id:int}/vote", member_page(vote), methods=["POST"]),
    Route("/posts/{post_id:int}/delete", member_page(ask_delete), methods=["GET"]),
    Route("/posts/{post_id:int}/delete", member_page(delete), methods=["POST"]),
    *(Route(f"/posts/{{post_id:int}}/{name}", _deed(does), methods=["POST"]) for name, does in DEEDS.items()),
]
