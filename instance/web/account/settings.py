"""Settings of what others see: profile, who can read and find her, language and time."""

from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import Route

from instance.auth import logins
from instance.content import choices
from instance.errors import RefusalError
from instance.i18n import N_, PSEUDO, _, languages
from instance.people import accounts
from instance.people.accounts import ProfileChanges
from instance.web.frame.forms import filled
from instance.web.frame.visitor import Visitor, go, member_page
from instance.web.pieces import rules, writing

LINES = 4
ENTRIES = (
    ("/settings/profile", N_("Your profile"), N_("Name, picture, what others read about you")),
    ("/settings/privacy", N_("Who can read you and find you"), N_("Public posts, followers, search engines")),
    ("/settings/password", N_("Password"), N_("Choose a new one")),
    ("/settings/second-factor", N_("Second step at sign-in"), N_("Codes from your phone, and your recovery card")),
    ("/settings/sessions", N_("Where you are signed in"), N_("Browsers; end the ones you don't know")),
    ("/settings/apps", N_("Apps"), N_("Apps that may use your account")),
    ("/settings/language", N_("Language and time"), N_("The language of these pages, your time zone")),
    ("/settings/servers", N_("Servers your posts don't go to"), N_("Keep a server from what you write")),
    ("/settings/severed", N_("Lost connections"), N_("Follows that ended because a server was refused")),
    ("/settings/move", N_("Move"), N_("To another server, or from there to here")),
    ("/settings/delete", N_("Delete your account"), N_("Erase everything you wrote here")),
)
DONE = {
    "saved": N_("Saved."),
    "password": N_("Your new password is set. All other browsers and all apps are signed out."),
    "ended": N_("Ended."),
    "kept": N_("From now on your posts don't go there."),
    "lifted": N_("What you write from now on goes there again."),
    "on": N_("The second step is on from now on."),
    "off": N_("The second step is off."),
    "asked": N_("They are asked. The answers come from the other side."),
    "moved": N_("You have moved. The people who follow you are asked to come along."),
}


def show(visitor: Visitor, template: str, **context: Any) -> Response:
    """A page of the settings: 422 when its form was refused."""
    failed = bool(visitor.form.problem or visitor.form.errors)
    done = _(DONE[visitor.query("done")]) if visitor.query("done") in DONE else ""
    return visitor.page(
        f"account/settings/{template}.html", 422 if failed else 200, here="settings", done=done, **context
    )


async def index(visitor: Visitor) -> Response:
    """All settings."""
    return show(visitor, "index", entries=[(href, _(words), _(hint)) for href, words, hint in ENTRIES])


async def _me(visitor: Visitor) -> Any:
    return await visitor.house.store.read(accounts.by_id, visitor.member.account_id)


async def profile(visitor: Visitor) -> Response:
    """What others see."""
    me = await _me(visitor)
    if visitor.request.method == "GET":
        values = {
            "display_name": me.display_name,
            "bio": me.bio_source,
            "avatar_description": me.avatar_description,
        }
        for n, line in enumerate((me.fields or [])[:LINES]):
            values |= {f"label{n}": line["name"], f"value{n}": line.get("source") or ""}
        visitor.form = filled(**values)
    return show(visitor, "profile", has_avatar=bool(me.avatar))


async def save_profile(visitor: Visitor) -> Response:
    """Save it."""
    form = visitor.form
    lines = [(form[f"label{n}"], form[f"value{n}"]) for n in range(LINES)]
    try:
        avatar = "" if form.ticked("no_avatar") else await _taken(visitor, form.files.get("avatar"))
        changes = ProfileChanges(
            display_name=form["display_name"],
            bio_source=form["bio"],
            avatar=avatar,
            avatar_description=form["avatar_description"],
            fields=lines,
        )
        await visitor.house.store.unit(accounts.update_profile, visitor.member.account_id, changes)
    except RefusalError as refusal:
        in_picture = refusal.code.startswith(("picture-", "file-"))
        form.refuse(refusal, {refusal.code: "avatar"} if in_picture else None)
        return await profile(visitor)
    return go("/settings/profile?done=saved")


async def _taken(visitor: Visitor, sent: UploadFile | None) -> str | None:
    return None if sent is None else await visitor.house.intake.take_profile(await sent.read(), "avatar")


SWITCHES = ("public_posting", "locked", "discoverable", "indexable")


async def privacy(visitor: Visitor) -> Response:
    """Who can read her and find her."""
    me = await _me(visitor)
    if visitor.request.method == "GET":
        values = {name: "1" if getattr(me, name) else "" for name in SWITCHES}
        visitor.form = filled(default_visibility=me.default_visibility, **values)
        rules.fill_usual(visitor.form, me)
    choosable = {"repliers": rules.repliers(visitor.form), "quoters": rules.quoters(visitor.form)}
    return show(visitor, "privacy", audiences=writing.audiences(public_posting=True), **choosable)


async def save_privacy(visitor: Visitor) -> Response:
    """Save it."""
    form = visitor.form
    public = form.ticked("public_posting")
    wanted = form["default_visibility"]
    changes = ProfileChanges(
        public_posting=public,
        locked=form.ticked("locked"),
        discoverable=form.ticked("discoverable"),
        indexable=form.ticked("indexable"),
        default_visibility=wanted if public or wanted not in {"public", "unlisted"} else "followers",
    )
    try:
        await visitor.house.store.unit(accounts.update_profile, visitor.member.account_id, changes)
        usual = choices.everywhere(rules.chosen(form))
        await visitor.house.store.unit(choices.set_defaults, visitor.member.account_id, usual)
    except RefusalError as refusal:
        form.refuse(refusal, {"visibility-unknown": "default_visibility"})
        return await privacy(visitor)
    return go("/settings/privacy?done=saved")


async def language(visitor: Visitor) -> Response:
    """The language of these pages, and the zone that times are shown in."""
    if visitor.request.method == "GET":
        visitor.form = filled(locale=visitor.member.locale, time_zone=visitor.member.time_zone)
    names = [(locale, _name(locale)) for locale in languages()]
    return show(visitor, "language", locales=names, now=visitor.house.site.clock.now())


def _name(locale: str) -> str:
    """A language's name in itself."""
    return "Pseudo" if locale == PSEUDO else str(Locale.parse(locale, sep="_").get_display_name() or locale)


async def save_language(visitor: Visitor) -> Response:
    """Save it."""
    form = visitor.form
    zone = form["time_zone"].replace(" ", "_")
    if zone not in available_timezones():
        form.errors["time_zone"] = _("There is no such zone. Write it like Europe/Berlin, or UTC.")
    if form["locale"] not in languages():
        form.errors["locale"] = _("Choose a language from the list.")
    if form.errors:
        return await language(visitor)
    set_both = visitor.house.store.unit(_save_language, visitor.member.login_id, form["locale"], zone)
    await set_both
    return go("/settings/language?done=saved")


def _save_language(u: Any, login_id: int, locale: str, zone: str) -> None:
    logins.set_preferences(u, login_id, locale=locale, time_zone=zone)


ROUTES = [
    Route("/settings", member_page(index)),
    *(
        route
        for name, shown, saved in (
            ("profile", profile, save_profile),
            ("privacy", privacy, save_privacy),
            ("language", language, save_language),
        )
        for route in (
            Route(f"/settings/{name}", member_page(shown), methods=["GET"]),
            Route(f"/settings/{name}", member_page(saved), methods=["POST"]),
        )
    ),
]
