"""Templates: each that the code names is there, and each that is there is named."""

import re
from pathlib import Path

from instance.web.frame.templating import ROOM, environment

NAMED = re.compile(r'"([\w/]+\.html)"')
SETTINGS = re.compile(r'\bshow\(\s*visitor,\s*"(\w+)"')


def test_each_template_is_named_and_there() -> None:
    texts = [path.read_text() for path in [*ROOM.rglob("*.py"), *ROOM.rglob("*.html")]]
    named = {name for text in texts for name in NAMED.findall(text)}
    named |= {f"account/settings/{name}.html" for text in texts for name in SETTINGS.findall(text)}
    here = {str(path.relative_to(ROOM / "templates")) for path in Path(ROOM / "templates").rglob("*.html")}
    assert named == here
    for name in sorted(here):
        environment.get_template(name)
