"""Words of members and other servers on a page: safe HTML, links marked as theirs, custom emoji as pictures of ours."""

import re
from collections.abc import Mapping
from functools import partial

from markupsafe import Markup

from instance.emoji import pictured, pictured_text
from instance.media import store
from instance.site import Site

_REL = re.compile(r'rel="([a-z ]+)"')


def words(site: Site, html: str, emoji: Mapping[str, str] | None = None) -> Markup:
    """HTML of a member or another server, cleaned when it was stored; its links are marked as theirs, not ours."""
    marked = _REL.sub(r'rel="\1 ugc"', html)
    return pictured(marked, emoji or {}, partial(store.emoji_url, site))


def text(site: Site, plain: str, emoji: Mapping[str, str] | None = None) -> Markup:
    """Plain text of theirs: a name, a title, a warning, an option."""
    return pictured_text(plain, emoji or {}, partial(store.emoji_url, site))
