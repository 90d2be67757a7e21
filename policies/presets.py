"""Three documents to start from: closed (only named servers), allowlist (others wait), open (all but blocked ones)."""

from functools import cache
from importlib import resources

from policies.document import PolicyDocument, parse

NAMES = ("closed", "allowlist", "open")


@cache
def preset(name: str) -> PolicyDocument:
    """A preset by its name. Raises KeyError for another name."""
    if name not in NAMES:
        raise KeyError(name)
    return parse(resources.files("policies").joinpath("presets", f"{name}.json").read_bytes())
