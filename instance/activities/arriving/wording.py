"""What an object of another server says, as a post of ours shows it: title, warning, words, link to the original, files.

Kinds that are no short posts (Article, Event, Video ...) become readable ones: what they hold that we do not show is one
link away. The HTML made here is not safe yet; `content.receive` cleans it.
"""

import re
from datetime import UTC, datetime
from html import escape, unescape
from urllib.parse import urlsplit

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_datetime

from federation.vocab.interaction import linked, quoted
from federation.vocab.iris import host_of, same_origin
from federation.vocab.types import Happening, Object
from instance.content import formatting
from instance.content.polls import MOST_CHOICES
from instance.content.remote import RemoteAttachment, RemotePoll
from instance.i18n import DEFAULT, N_, catalogue
from instance.sanitise import MOST_TAGS, clean, plain
from instance.site import Site

SHORT = frozenset({"Note", "Question", "ChatMessage", ""})
"""Kinds whose summary is a warning, and that say all that there is to say."""
COMPLETE = SHORT | {"Page"}
PLAIN, MARKDOWN = "text/plain", "text/markdown"
MOST_PLAIN = 20_000
MOST_SHOWN = 60_000
ROOM_FOR_LINKS = MOST_TAGS - 100
"""Tags of its own words: the links below must not be cut off."""
SHOWN_LINK = 60
FORM = "d MMMM y, HH:mm"
_SAYS_WHAT_IT_QUOTES = re.compile(
    r"""class=["']quote-inline["']|\b(?:RE|QT): {0,3}(?:</?\w[^<>]{0,300}>\s{0,3}){0,9}https?:"""
)
_IMAGE = re.compile(r"<img\b[^<>]{1,4000}>", re.I)


def title_of(about: Object) -> str:
    """Its name. Short posts have none, but for topics of forums (Discourse) and what a poll asks: a name that is no answer."""
    return "" if about.type in SHORT and about.in_reply_to else about.name


def warning_of(about: Object) -> str:
    """Its content warning: of a long kind the summary is an excerpt, unless it is marked as sensitive.

    So is one that says the same as the name (Lotide).
    """
    is_excerpt = about.type not in SHORT or (about.name != "" and about.summary == about.name)
    return "" if is_excerpt and not about.sensitive else about.summary


def url_of(about: Object) -> str:
    """Its page for people; what leads elsewhere (Lotide's links) is no page of its own, nor is one of another server."""
    return about.url if host_of(about.url) == host_of(about.id) and not _leads_elsewhere(about) else ""


def content_of(about: Object, site: Site) -> str:
    """Its words as HTML, with when and where an event is, what it links to, and the way to what is not shown here."""
    said = _words(about, site)
    parts = [_happening(about.happening, site.settings.locale) if about.type == "Event" else ""]
    shown = clean(said[:MOST_SHOWN], ROOM_FOR_LINKS)
    is_cut = len(said) > MOST_SHOWN or said.count("<") > 2 * ROOM_FOR_LINKS
    is_cut |= about.poll is not None and len(about.poll.options) > MOST_CHOICES
    parts.append(shown)
    parts += [_linked_line(link.href, link.name) for link in about.links if link.href not in shown]
    if _leads_elsewhere(about) and about.url not in shown:
        parts.append(_linked_line(about.url))
    original = url_of(about) or about.id
    if (about.type not in COMPLETE or is_cut) and original not in shown:
        parts.append(_linked_line(original))
    return "".join(parts) + _quote_line(about, said)


def files_of(about: Object) -> list[RemoteAttachment]:
    """Its files: pictures are fetched by us when somebody looks, films and sounds stay links."""
    return [
        RemoteAttachment(
            file.kind, file.url, file.mime, file.name, file.blurhash or None, file.width, file.height, file.focus
        )
        for file in about.attachments
    ]


def poll_of(about: Object) -> RemotePoll | None:
    """Its poll."""
    poll = about.poll
    if poll is None:
        return None
    return RemotePoll(poll.options, poll.multiple, poll.ends_at, poll.closed_at, poll.voters)


def _words(about: Object, site: Site) -> str:
    """The content; where there is none the excerpt, else what it was written from."""
    if about.content:
        return _without_pictures(_html(about.content, about.media_type, site), about)
    if about.summary and not warning_of(about) and plain(about.summary) != plain(about.name):
        return _html(about.summary, about.media_type, site)
    return _html(about.source, MARKDOWN if about.source_type == MARKDOWN else PLAIN, site) if about.source else ""


def _without_pictures(said: str, about: Object) -> str:
    """The words without those pictures in them that are shown below; of others the alternative text stays."""
    shown = [file.url for file in about.attachments if file.kind == "image"]

    def kept(tag: re.Match[str]) -> str:
        written = unescape(tag[0])
        return "" if any(url in written for url in shown) else tag[0]

    return _IMAGE.sub(kept, said) if shown else said


def _html(text: str, media_type: str, site: Site) -> str:
    if media_type not in {PLAIN, MARKDOWN, "text/x.misskeymarkdown"}:
        return text
    known = MARKDOWN if media_type == MARKDOWN else PLAIN
    return formatting.render(text[:MOST_PLAIN], known, mentions={}, base=site.base_url).html


def _leads_elsewhere(about: Object) -> bool:
    """Whether the address of a Page is that of what it is about."""
    return about.type == "Page" and about.url != "" and not same_origin(about.url, about.id)


def _linked_line(address: str, name: str = "") -> str:
    parts = urlsplit(address)
    shown = name.strip() or f"{parts.netloc}{parts.path}".rstrip("/")
    shown = shown if len(shown) <= SHOWN_LINK else shown[: SHOWN_LINK - 1] + "…"
    return f'<p><a href="{escape(address)}">{escape(shown)}</a></p>'


def _quote_line(about: Object, said: str) -> str:
    """What it quotes in a way that asks nobody is a link below it."""
    link = linked(about.raw)
    if not link or link in said or quoted(about.raw) or (about.url and link in {about.id, about.url}):
        return ""
    if _SAYS_WHAT_IT_QUOTES.search(said):  # by its page for people, often
        return ""
    return f'<p class="quote-inline">RE: <a href="{escape(link)}">{escape(link)}</a></p>'


def _happening(event: Happening | None, locale: str) -> str:
    """When (UTC, named) and where, in the instance's language: the words are kept with the post."""
    if event is None:
        return ""
    _ = catalogue(locale).gettext
    lines = []
    if event.starts_at is not None and event.ends_at is not None:
        when = _(N_("When: {start} to {end} (UTC)"))
        lines.append(when.format(start=_moment(event.starts_at, locale), end=_moment(event.ends_at, locale)))
    elif event.starts_at is not None:
        lines.append(_(N_("When: {start} (UTC)")).format(start=_moment(event.starts_at, locale)))
    if event.place:
        lines.append(_(N_("Where: {place}")).format(place=event.place))
    return f"<p>{'<br>'.join(escape(line) for line in lines)}</p>"


def _moment(at: int, locale: str) -> str:
    try:
        known = Locale.parse(locale)
    except (UnknownLocaleError, ValueError):
        known = Locale.parse(DEFAULT)
    return format_datetime(datetime.fromtimestamp(at / 1000, UTC), FORM, locale=known)
