"""The one list of what HTML may be shown: foreign and own posts, profiles and their fields all pass here."""

import html as entities
import re

import nh3

MOST = 200_000
"""Longer HTML is cut before it is looked at (characters)."""
MOST_TAGS = 4_000
"""HTML with more is cut there: readers of HTML take time by the square of what is open (40,000 lists: 12 s)."""

_TAGS = {
    *("p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "sub", "sup", "i", "em"),
    *("ul", "ol", "li", "ruby", "rt", "rp", "h1", "h2", "h3", "h4", "h5", "h6"),
}
_DROPPED_WITH_CONTENT = {"script", "style", "svg", "math", "iframe", "object", "noscript", "template", "textarea"}
_CLASSES = {"mention", "hashtag", "u-url", "h-card", "quote-inline", "invisible", "ellipsis"}

_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes={"a": {"href", "translate"}, "span": {"translate"}, "ol": {"start", "reversed"}, "li": {"value"}},
    allowed_classes={"a": _CLASSES, "span": _CLASSES, "p": {"quote-inline"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",  # on our pages it would lead to us
    link_rel="nofollow noopener noreferrer",
    strip_comments=True,
)
_stripper = nh3.Cleaner(tags=set(), clean_content_tags=_DROPPED_WITH_CONTENT, attributes={})

_HEADING_OPENS = re.compile(r"<h[1-6]>")
_HEADING_ENDS = re.compile(r"</h[1-6]>")
_LINE_ENDS = re.compile(r"<br\s*/?>|</li\s*>", re.I)
_PARAGRAPH_ENDS = re.compile(r"</(?:p|h[1-6]|blockquote|pre|ul|ol)\s*>", re.I)
_MANY_LINES = re.compile(r"\n{3,}")
_NEVER = re.compile("[\x00\ud800-\udfff\u202a-\u202e\u2066-\u2069]")  # the last: a link must not read backwards
_PICTURE = re.compile(r"<img\b([^<>]{0,4000}+)>", re.I)  # no step of it is taken back: hostile HTML makes many
_ALT = re.compile(r"\balt=(?:\"([^\"]{1,80})\"|'([^']{1,80})')", re.I)
_WORDS_OF_QUOTE = re.compile(  # of cleaned HTML; no step of it is taken back
    r'<p class="quote-inline">(?:[^<]|<(?!/p>)[^<>]*>)*+</p>|'
    r'<span class="quote-inline">(?:[^<]|<(?!/?span\b)[^<>]*>|<span\b[^<>]*>[^<]*</span>)*+</span>'
)
_OPENS = re.compile(r"<[a-z]", re.I)


def clean(html: str, most_tags: int = MOST_TAGS) -> str:
    """Safe HTML of untrusted HTML: allowed tags only, links without scripts, no pictures, no style.

    Headings become bold paragraphs, for a post is not a page; links carry `rel` against tracking.
    """
    safe = _NEVER.sub("", _cleaner.clean(_PICTURE.sub(_words_of_picture, _cut(html, most_tags))))
    return _HEADING_ENDS.sub("</strong></p>", _HEADING_OPENS.sub("<p><strong>", safe))


def _words_of_picture(found: re.Match[str]) -> str:
    """A picture within the text (emoji, mostly) is its alternative text: nothing is loaded from elsewhere."""
    words = _ALT.search(found[1])
    return (words[1] or words[2]) if words is not None else ""


def without_quote(html: str) -> str:
    """Cleaned HTML without the words that stand for a quote where none can be shown ("RE: …", class `quote-inline`)."""
    return _WORDS_OF_QUOTE.sub("", html) if "quote-inline" in html else html


def plain(html: str) -> str:
    """The words of HTML as plain text; paragraphs are set apart by an empty line."""
    spaced = _PARAGRAPH_ENDS.sub("\n\n", _LINE_ENDS.sub("\n", _cut(html)))
    words = _NEVER.sub("", entities.unescape(_stripper.clean(spaced)))  # which entities may have brought in
    return _MANY_LINES.sub("\n\n", words).strip()


def _cut(html: str, most_tags: int = MOST_TAGS) -> str:
    """What is looked at: of bearable length, with a bearable number of tags, of characters that a database keeps."""
    known = _NEVER.sub("", html[:MOST])
    for number, found in enumerate(_OPENS.finditer(known)):
        if number == most_tags:
            return known[: found.start()]
    return known
