"""Who may reply and quote, as a member chooses it: for one post, and for those that she will write."""

from typing import Any

from instance.content import rules
from instance.i18n import N_, _
from instance.web.frame.forms import Form
from policies.interaction import KINDS, QUOTERS, REPLIERS, Rule, choice, rule_of

MAY_REPLY = (
    ("everyone", N_("Everyone who can read it")),
    ("asked", N_("Everyone, but I look at each reply before others see it")),
    ("followers", N_("The people who follow me")),
    ("following", N_("The people whom I follow")),
    ("mentioned", N_("Only the people I name (@name)")),
    ("nobody", N_("Nobody")),
)
MAY_QUOTE = (
    ("public", N_("Everyone who can read it")),
    ("followers", N_("The people who follow me")),
    ("asked", N_("Those to whom I say yes, each time")),
    ("nobody", N_("Nobody")),
)


def repliers(form: Form) -> list[tuple[str, str]]:
    """What can be chosen as "who may reply"; rules that only apps can set stay, as long as nothing else is chosen."""
    return _choices(form, "replies", MAY_REPLY)


def quoters(form: Form) -> list[tuple[str, str]]:
    """What can be chosen as "who may quote"."""
    return _choices(form, "quotes", MAY_QUOTE)


def _choices(form: Form, name: str, known: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    kept = [("", _("As it was set with an app"))] if not form.values[name] else []
    return kept + [(value, _(words)) for value, words in known]


def chosen(form: Form) -> dict[str, Rule]:
    """The rules that a form holds; what it does not name stays as usual for her."""
    found = {}
    if form["replies"] in REPLIERS:
        found["reply"] = REPLIERS[form["replies"]]
    if form["quotes"] in QUOTERS:
        found["quote"] = QUOTERS[form["quotes"]]
    return found


def fill(form: Form, kept: dict[str, Rule]) -> None:
    """Show rules in a form that nothing was chosen in yet."""
    form.values["replies"] = form.values["replies"] or choice(REPLIERS, kept["reply"])
    form.values["quotes"] = form.values["quotes"] or choice(QUOTERS, kept["quote"])


def fill_usual(form: Form, author: Any, visibility: str = "public") -> None:
    """Show her own usual rules."""
    fill(form, rules.defaults(author, visibility))


def fill_from(form: Form, policy: dict[str, Any] | None) -> None:
    """Show the rules of a post."""
    fill(form, {kind: rule_of(policy, kind) for kind in KINDS})
