"""What a member writes about herself -> safe HTML: paragraphs, line breaks, links. Everything else is text.

The HTML is safe because it is built here: the text is escaped, and only `p`, `br` and `a` are added.
"""

import html
import re
from urllib.parse import urlsplit

URL = re.compile(r"https?://[^\s<>\"']+")
TRAILING = ".,;:!?)]}"
SHOWN_LENGTH = 40


def render_bio(source: str) -> str:
    """The text about a member: blank lines part paragraphs, other line ends are kept."""
    text = source.replace("\r\n", "\n").strip()
    if not text:
        return ""
    paragraphs = re.split(r"\n\s*\n", text)
    return "".join(f"<p>{'<br>'.join(_linked(line) for line in part.split(chr(10)))}</p>" for part in paragraphs)


def render_field(source: str) -> str:
    """The value of a profile field: one line, links only."""
    return _linked(" ".join(source.split()))


def _linked(line: str) -> str:
    parts: list[str] = []
    last = 0
    for found in URL.finditer(line):
        address = found[0].rstrip(TRAILING)
        parts += [html.escape(line[last : found.start()]), _link(address)]
        last = found.start() + len(address)
    parts.append(html.escape(line[last:]))
    return "".join(parts)


def _link(address: str) -> str:
    try:
        host = urlsplit(address).hostname
    except ValueError:
        host = None
    if not host:
        return html.escape(address)
    shown = address.partition("://")[2].removesuffix("/")
    if len(shown) > SHOWN_LENGTH:
        shown = shown[: SHOWN_LENGTH - 1] + "…"
    rel = "nofollow noopener noreferrer me"
    return f'<a href="{html.escape(address)}" rel="{rel}" target="_blank">{html.escape(shown)}</a>'
