"""What waits for a member's yes, and what she changes about a post of hers: who may reply, who quotes it."""

from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from instance.content import choices, consent, interactions, quotes
from instance.db.unit import Unit
from instance.errors import NotFoundError
from instance.i18n import N_, _
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, go, member_page
from instance.web.pieces import cards, rules
from instance.web.pieces.people import Person, persons
from policies.interaction import KINDS

ASKS = {
    "reply": N_("wants to reply to your post"),
    "like": N_("wants to like your post"),
    "boost": N_("wants to pass your post on"),
    "quote": N_("wants to show your post within another one"),
}
DONE = {
    "yes": N_("You have said yes; it is shown now."),
    "no": N_("You have said no; it stays hidden."),
    "saved": N_("Saved."),
    "back": N_("Taken back: your post is shown there no more."),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that waits."""

    id: int
    kind: str
    by: Person
    post_id: int
    shown: cards.Card | None = None

    @property
    def says(self) -> str:
        return _(ASKS[self.kind])


async def waiting(visitor: Visitor) -> Response:
    """What waits for her yes: replies, quotes, likes, boosts."""
    house, me = visitor.house, visitor.member.account_id
    rows = await house.store.read(lambda c: interactions.waiting(c, me, kinds=KINDS))
    people = await house.store.read(persons, [row.account_id for row in rows], house.site)
    ids = [row.by_post_id if row.kind in {"reply", "quote"} else row.post_id for row in rows]
    found = {card.id: card for card in await cards.by_ids(house, me, [one for one in ids if one is not None])}
    asked = [
        Asked(row.id, row.kind, people[row.account_id], row.post_id, found.get(post_id or 0))
        for row, post_id in zip(rows, ids, strict=True)
        if row.account_id in people
    ]
    done = _(DONE[visitor.query("done")]) if visitor.query("done") in DONE else ""
    return visitor.page("members/approvals.html", here="me", asked=asked, done=done)


async def answer(visitor: Visitor) -> Response:
    """Yes or no to one of them."""
    asked = number(visitor.form["interaction"])
    if asked is None:
        raise NotFoundError
    yes = visitor.form["answer"] == "yes"
    await visitor.house.store.unit(consent.authorize if yes else consent.reject, visitor.member.account_id, asked)
    return go(f"/approvals?done={'yes' if yes else 'no'}")


async def change(visitor: Visitor) -> Response:
    """Change who may reply to and quote a post of hers."""
    post_id = _post_id(visitor)
    await visitor.house.store.unit(choices.set_rules, visitor.member.account_id, post_id, rules.chosen(visitor.form))
    return go(f"{await _page_of(visitor, post_id)}?done=saved")


async def take_back(visitor: Visitor) -> Response:
    """A post of hers is quoted by another one no more."""
    post_id, quoting, me = _post_id(visitor), number(visitor.form["quoting"]), visitor.member.account_id
    if quoting is None:
        raise NotFoundError

    def work(u: Unit) -> None:
        consent.revoke(u, me, quotes.accepted_of(u.connection, me, post_id, quoting).id)

    await visitor.house.store.unit(work)
    return go(f"{await _page_of(visitor, post_id)}?done=back")


async def _page_of(visitor: Visitor, post_id: int) -> str:
    [card] = await cards.by_ids(visitor.house, visitor.member.account_id, [post_id])
    return card.page


def _post_id(visitor: Visitor) -> int:
    found = number(visitor.param("post_id"))
    if found is None:
        raise NotFoundError
    return found


ROUTES = [
    Route("/approvals", member_page(waiting), methods=["GET"]),
    Route("/approvals", member_page(answer), methods=["POST"]),
    Route("/posts/{post_id:int}/rules", member_page(change), methods=["POST"]),
    Route("/posts/{post_id:int}/unquote", member_page(take_back), methods=["POST"]),
]
