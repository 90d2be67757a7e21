"""Titles: apps have no field for one, so a post to a group begins with a line `# Title`, after the group's name perhaps."""

import re

LONGEST = 200
_TITLED = re.compile(r"\s*((?:@[\w.-]+(?:@[\w.:\[\]-]+)?\s+)*)#[ \t]+(\S[^\n]*?)[ \t#]*(?:\n|$)")


def split(text: str) -> tuple[str, str]:
    """(title, the rest) of a text; ('', the text) where it begins with no title. Mentions before the title stay."""
    found = _TITLED.match(text)
    if found is None or len(found[2]) > LONGEST:
        return "", text
    rest = text[found.end() :].lstrip("\n")
    named = found[1].strip()
    return found[2], f"{named}\n\n{rest}".strip() if named and rest else named or rest


def joined(title: str, text: str) -> str:
    """The text as its author typed it, title first: what an app is given to edit."""
    if not title:
        return text
    return f"# {title}\n{text}"
