"""Changing the policy: as a form, as text, for one server, for all; looked at first, then put into force."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from governance.offices.positions import Power
from instance.errors import RefusalError
from instance.i18n import N_, _, said
from instance.peering import admission
from instance.peering.dryrun import DryRun, dry_run
from instance.peering.words import sentences as why_words
from instance.policy import proposals
from instance.policy.inforce import in_force_here
from instance.policy.peers import stances
from instance.web.frame.visitor import Visitor, go, power_page
from instance.web.steward.policy_desk import PAGE, STANCES, show_desk
from instance.web.steward.policy_form import mistake, read_back, show_form, typed_of
from policies.difference import sentences
from policies.document import PolicyDocument, Refused
from policies.fields import WrongError, dotted
from policies.filling import beside, from_typed
from policies.kinds import LONGEST_TEXT
from policies.modes import Mode, in_mode
from policies.peers import Stance, typed_host
from policies.times import millis
from policies.written import from_toml, to_toml

LONGEST_CARRIED = 400_000
"""A policy whose text is longer does not fit into a form, with room for its signs to be written as %22."""


async def _now(visitor: Visitor) -> PolicyDocument:
    return await visitor.house.store.read(in_force_here)


# As a form.


async def form(visitor: Visitor) -> Response:
    """The policy in force as a form."""
    policy = await _now(visitor)
    visitor.form.values |= typed_of(policy) | {"base": policy.digest}
    return show_form(visitor)


async def from_form(visitor: Visitor) -> Response:
    """Read the form; what can't be read stays as it was typed, with what to do beside it."""
    base = await _now(visitor)
    try:
        document = from_typed(read_back(visitor.form.values), base, visitor.house.site.clock.now())
    except Refused as error:
        for name, wrong in beside(error.wrong).items():
            if name:
                visitor.form.errors[name] = " ".join(map(mistake, wrong))
            else:
                visitor.form.problem = " ".join(map(mistake, wrong))
        return show_form(visitor)
    return await look(visitor, document, visitor.form["base"])


# As text.


async def text(visitor: Visitor) -> Response:
    """The policy in force as text."""
    policy = await _now(visitor)
    visitor.form.values |= {"text": to_toml(policy, _), "base": policy.digest}
    return _text_page(visitor)


async def from_text(visitor: Visitor) -> Response:
    """Read the text; every mistake is named with its line and what to do."""
    try:
        document = from_toml(visitor.form.values["text"], now=visitor.house.site.clock.now())
    except Refused as error:
        visitor.form.errors["text"] = _(
            "It is not in force; your text is kept as you wrote it. See what to mend above."
        )
        return _text_page(visitor, error.wrong)
    return await look(visitor, document, visitor.form["base"])


def _text_page(visitor: Visitor, wrong: Sequence[WrongError] = ()) -> Response:
    show = visitor.refused if wrong else visitor.page
    fits = len(visitor.form.values["text"]) <= LONGEST_CARRIED
    return show("steward/policy_text.html", here="steward", wrong=[_mistake(one) for one in wrong], fits=fits)


def _mistake(one: WrongError) -> dict[str, Any]:
    return {"line": one.line, "where": dotted(one.path) if one.path else "", "words": mistake(one)}


async def again(visitor: Visitor) -> Response:
    """Back from the preview, with what was proposed."""
    written = visitor.form.values["text"]
    if visitor.form["as"] == "form":
        try:
            document = from_toml(written, now=visitor.house.site.clock.now())
        except Refused:
            return await from_text(visitor)
        visitor.form.values |= typed_of(document)
        return show_form(visitor)
    return _text_page(visitor)


# For one server, and for all.


async def from_server(visitor: Visitor) -> Response:
    """Another stance towards one server, for a time or for good."""
    policy = await _now(visitor)
    document = _for_server(visitor, policy)
    return await show_desk(visitor) if document is None else await look(visitor, document, policy.digest)


def _for_server(visitor: Visitor, policy: PolicyDocument) -> PolicyDocument | None:
    """The policy with the rule that was typed; None where something is wrong with it, which stands beside its field then."""
    form = visitor.form
    host, wanted, until = typed_host(form["host"]), form["stance"], form["until"]
    ends = millis(f"{until}T00:00:00Z") if until else None
    if host is None:
        form.errors["host"] = _("This is no name of a server. Write it as in peer.example.")
    if wanted not in set(Stance):
        form.errors["stance"] = _("Choose one of these.")
    if until and (ends is None or ends <= visitor.house.site.clock.now()):
        form.errors["until"] = _("Choose a day that is to come.")
    if len(form["reason"]) > LONGEST_TEXT:
        form.errors["reason"] = _("Write at most 500 letters.")
    if form.errors or host is None:
        return None
    return policy.with_stance(host, Stance(wanted), form["reason"], until=ends)


async def from_mode(visitor: Visitor) -> Response:
    """Another answer to whom no rule names."""
    policy = await _now(visitor)
    document = _in_mode(visitor, policy)
    return await show_desk(visitor) if document is None else await look(visitor, document, policy.digest)


def _in_mode(visitor: Visitor, policy: PolicyDocument) -> PolicyDocument | None:
    mode = visitor.form["mode"]
    if mode not in set(Mode):
        visitor.form.errors["mode"] = _("Choose one of these.")
        return None
    return in_mode(policy, Mode(mode))


async def if_open(visitor: Visitor) -> Response:
    """What happens if we open to this server: what would go otherwise, what could be read there, what can't be undone."""
    typed = visitor.query("host").strip()[:260]
    host = typed_host(typed)
    policy = await _now(visitor)
    if host is None:
        visitor.form.values["host"] = typed
        visitor.form.errors["host"] = _("This is no name of a server. Write it as in peer.example.")
        return await show_desk(visitor)
    now = visitor.house.site.clock.now()
    proposed = policy.with_stance(host, Stance.ALLOWED)
    run = await visitor.house.store.read(dry_run, policy, proposed, now, host)
    visitor.form.values |= {"host": host, "stance": "allowed"}
    here = (await visitor.house.store.read(stances, policy.at(now), [host], now))[host]
    return visitor.page(
        "steward/policy_if.html",
        here="steward",
        host=host,
        open_already=here is Stance.ALLOWED,
        stance_now=_(STANCES[here]),
        readers=await visitor.house.store.read(admission.readers, host, now),
        **_run(run),
    )


# Looked at, then put into force.


async def look(visitor: Visitor, document: PolicyDocument, base: str, refusal: RefusalError | None = None) -> Response:
    """The preview: differences as sentences, the dry run; then it can be put into force."""
    now, policy = visitor.house.site.clock.now(), await _now(visitor)
    if refusal is None and base and base != policy.digest:
        refusal = newer()
    if refusal is not None:
        visitor.form.refuse(refusal)
    run = await visitor.house.store.read(dry_run, policy, document, now)
    written = visitor.form.values["text"] or to_toml(document, _)
    carries = (
        len(written) <= LONGEST_CARRIED
    )  # else the change alone goes along, which the policy in force is given again
    visitor.form.values |= {"text": written if carries else "", "base": policy.digest}
    return visitor.page(
        "steward/policy_look.html",
        refusal.status if refusal is not None else 200,
        here="steward",
        changes=[said(one) for one in sentences(policy, document)],
        carries=carries,
        **_run(run),
    )


def _run(run: DryRun) -> dict[str, Any]:
    return {
        "run": run,
        "unplayed": [said(one) for one in run.unplayed],
        "why": lambda codes: why_words(", ".join(codes)),
    }


def newer() -> RefusalError:
    """Somebody else was quicker."""
    sentence = N_(
        "Another policy was put into force after you began to write. What you see here is what yours would change now."
        " Nothing of it is lost, and nothing of it is in force."
    )
    return RefusalError("policy-newer", sentence, status=409)


async def adopt(visitor: Visitor) -> Response:
    """Put it into force, unless somebody else was quicker."""
    document: PolicyDocument | None
    if visitor.form["text"]:
        try:
            document = from_toml(visitor.form.values["text"], now=visitor.house.site.clock.now())
        except Refused:
            return await from_text(visitor)
    else:
        policy = await _now(visitor)
        document = _for_server(visitor, policy) if visitor.form["host"] else _in_mode(visitor, policy)
        if document is None:
            return await show_desk(visitor)
    base, by = visitor.form["base"], f"steward @{visitor.me.name}" if visitor.me is not None else "steward"

    try:
        await visitor.house.store.unit(proposals.adopt_over, document, base, by)
    except RefusalError as refusal:
        return await look(visitor, document, "", refusal)
    return go(f"{PAGE}?done=adopted")


_steward = power_page(Power.SET_POLICY)
ROUTES = [
    Route(PAGE + "/form", _steward(form), methods=["GET"]),
    Route(PAGE + "/form", _steward(from_form), methods=["POST"]),
    Route(PAGE + "/text", _steward(text), methods=["GET"]),
    Route(PAGE + "/text", _steward(from_text), methods=["POST"]),
    Route(PAGE + "/again", _steward(again), methods=["POST"]),
    Route(PAGE + "/server", _steward(from_server), methods=["POST"]),
    Route(PAGE + "/mode", _steward(from_mode), methods=["POST"]),
    Route(PAGE + "/if", _steward(if_open), methods=["GET"]),
    Route(PAGE + "/adopt", _steward(adopt), methods=["POST"]),
]
