"""The policy desk: opens on plain questions, says what holds today, keeps stances, promises and assurance behind them."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from governance.offices.positions import Power
from instance.errors import NotFoundError
from instance.i18n import N_, _, said
from instance.peering import explain, readers
from instance.peering.words import sentences as why_words
from instance.policy import effects, proposals
from instance.policy.inforce import in_force_here
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, member_page, power_page
from instance.web.pieces.cards import READERS
from policies.difference import sentences
from policies.document import FIELDS, PolicyDocument
from policies.fields import value_of
from policies.modes import Mode, mode_of

PAGE = "/steward/policy"
MODES = {
    Mode.OPEN: (N_("Open"), N_("Every server but those that you refuse.")),
    Mode.MATCH: (N_("Those who promise enough"), N_("Servers whose policy promises what yours asks; the others wait.")),
    Mode.ALLOWLIST: (N_("Those whom you let in"), N_("What comes from other servers waits for you.")),
    Mode.CLOSED: (N_("Closed"), N_("Only servers that you have named.")),
}
STANCES = {
    "allowed": N_("Let in: its people and ours can follow and read each other"),
    "limited": N_("Let in quietly: its posts stay out of public timelines, its pictures are not fetched"),
    "held": N_("Wait: what comes from there is kept until you decide; nothing goes there"),
    "blocked": N_("Keep out: nothing comes from there, nothing goes there"),
}
WHAT = {
    "delivery cancelled": N_("Not sent any more"),
    "delivery waits": N_("Waits to be sent"),
    "delivery goes on": N_("Is sent after all"),
    "held let in": N_("Was held, is let in"),
    "held forgotten": N_("Was held, is forgotten"),
    "relations ended": N_("Contacts ended"),
    "out of sight": N_("Taken out of sight"),
    "back in sight": N_("Shown again"),
    "pictures taken out": N_("Pictures taken out"),
}
SECTIONS = {
    "": N_("This policy"),
    "peers": N_("Other servers"),
    "promises": N_("What this server promises"),
    "retention": N_("How long things are kept"),
    "requirement": N_("What is asked of other servers"),
    "incoming": N_("What is done with what comes in"),
    "outgoing": N_("What leaves"),
    "outside": N_("What strangers may find"),
}
DONE = {"adopted": N_("It is in force. What waited was judged again; below you see what that changed.")}


async def desk(visitor: Visitor) -> Response:
    """The questions, what holds today in sentences, ways to change it, what was in force before."""
    visitor.form.values |= {"mode": str(mode_of(await _now(visitor))), "stance": "allowed"}
    return await show_desk(visitor)


async def show_desk(visitor: Visitor) -> Response:
    """The page with what was typed so far."""
    policy = await _now(visitor)
    store = visitor.house.store
    found = await store.read(proposals.versions)
    newest = found[0].id if found else 0
    return visitor.page(
        "steward/policy_desk.html",
        422 if visitor.form.problem or visitor.form.errors else 200,
        here="steward",
        policy=policy,
        mode=_(MODES[mode_of(policy)][1]),
        modes=[(str(mode), f"{_(name)}: {_(words)}") for mode, (name, words) in MODES.items()],
        stances=[(name, _(words)) for name, words in STANCES.items()],
        sections=_sections(policy),
        versions=found,
        effects=await store.read(_effects, newest) if visitor.query("done") else [],
        done=_(DONE[visitor.query("done")]) if visitor.query("done") in DONE else "",
        mandate=mandate,
    )


def _sections(policy: PolicyDocument) -> list[tuple[str, list[str]]]:
    """What the policy says, section by section; names of servers only where there are few."""
    found: dict[str, list[str]] = {}
    for line in FIELDS:
        sentence = line.says(value_of(policy, line.name))
        if sentence is not None and line.name != "name":
            found.setdefault(line.path[0] if len(line.path) > 1 else "", []).append(said(sentence)[:2000])
    return [(_(SECTIONS[name]), words) for name, words in found.items()]


def mandate(text: str) -> str:
    """By what right a policy came into force, in words."""
    who, comma, lists = text.partition(", from lists")
    kind, _space, name = who.partition(" ")
    words = {
        "first start": N_("at the first start"),
        "steward": N_("by a steward"),
        "end of a rule": N_("because the time of a rule was over"),
    }
    if kind == "steward" and name and not lists:
        said = _("by {name}", name=f"@{name.removeprefix('@')}")
    elif who in words:
        said = _(words[who])
    else:
        return text
    from_lists = _("from lists of others")
    return f"{said}, {from_lists}" if comma else said


def _effects(connection: Connection, version: int) -> list[tuple[str, str, int, str]]:
    rows = effects.effects(connection, version=version)
    return [(row.host, _(WHAT.get(row.what, row.what)), row.number, why_words(row.reason)) for row in rows]


async def one_version(visitor: Visitor) -> Response:
    """What one version changed, and what it did."""
    wanted = number(visitor.param("number"))
    if wanted is None:
        raise NotFoundError
    document, before = await visitor.house.store.read(proposals.version, wanted)
    if document is None:
        raise NotFoundError
    changes = [said(one) for one in sentences(before, document)] if before is not None else []
    done = await visitor.house.store.read(_effects, wanted)
    found = [row for row in await visitor.house.store.read(proposals.versions) if row.id == wanted]
    return visitor.page(
        "steward/policy_version.html",
        here="steward",
        number=wanted,
        changes=changes,
        effects=done,
        row=found[0] if found else None,
        mandate=mandate,
        digest=document.digest,
    )


async def why(visitor: Visitor) -> Response:
    """Who can read this, why was it not delivered: a post of ours without its words, any address, or a server."""
    about = visitor.query("about").strip()[:2000]
    visitor.form.values["about"] = about
    store, site = visitor.house.store, visitor.house.site
    await visitor.house.federation.ledger.flush()
    post_id = await store.read(readers.find, site, about) if about else None
    found = await store.read(readers.readership, site, post_id) if post_id is not None else None
    answers = await store.read(explain.explain, site, about) if about and found is None else []
    return visitor.page("steward/policy_why.html", here="steward", about=about, answers=answers, **readers_shown(found))


async def own(visitor: Visitor) -> Response:
    """`/posts/{id}/readers`: a member sees who can read her own post, and where it went."""
    post_id = number(visitor.param("post_id"))
    found = await visitor.house.store.read(readers.readership, visitor.house.site, post_id) if post_id else None
    if found is None or found.author_id != visitor.member.account_id or found.deleted:
        raise NotFoundError
    return visitor.page("steward/readers.html", **readers_shown(found))


def readers_shown(found: readers.Readership | None) -> dict[str, Any]:
    """What the piece `readers` of a page needs."""
    if found is None:
        return {"post": None, "audience": "", "elsewhere": ""}
    audience = _(READERS[found.visibility], name=f"@{found.author}")
    if found.local_only:
        audience = _("Only people on this server")
    elsewhere = ""
    if found.open:
        elsewhere = {
            Mode.OPEN: _("Any other server can fetch it when somebody there looks for it, but those that are refused."),
            Mode.MATCH: _("Servers that promise what this one asks can fetch it when somebody there looks for it."),
            Mode.ALLOWLIST: _("Servers that were let in can fetch it when somebody there looks for it."),
            Mode.CLOSED: _("Only servers that the stewards have named can fetch it."),
        }[found.mode]
    return {"post": found, "audience": audience, "elsewhere": elsewhere}


async def _now(visitor: Visitor) -> PolicyDocument:
    return await visitor.house.store.read(in_force_here)


ROUTES = [
    Route(PAGE, power_page(Power.SET_POLICY)(desk), methods=["GET"]),
    Route(PAGE + "/why", power_page(Power.SET_POLICY)(why), methods=["GET"]),
    Route(PAGE + "/versions/{number}", power_page(Power.SET_POLICY)(one_version), methods=["GET"]),
    Route("/posts/{post_id:int}/readers", member_page(own), methods=["GET"]),
]
