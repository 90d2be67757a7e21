"""A member's browser at a real instance: signs in, allows an app, reads the code that it shows."""

from typing import Any
from urllib.parse import urljoin

import httpx
from lxml import html


def _send(client: httpx.Client, page: httpx.Response, **fields: str) -> httpx.Response:
    """Send the page's form that has these fields; all others as they are."""
    tree: Any = html.document_fromstring(page.text)
    form = next(form for form in tree.forms if set(fields) <= set(form.inputs.keys()) and form.method == "POST")
    data: dict[str, Any] = {**dict(form.form_values()), **fields}
    return client.post(urljoin(str(page.url), form.get("action") or str(page.url)), data=data)


def allow(address: str, name: str, password: str) -> str:
    """Open an app's authorize address, sign in, say yes; the code that is shown to be copied."""
    with httpx.Client(follow_redirects=True, trust_env=False, headers={"Accept": "text/html"}) as client:
        page = client.get(address)
        page = _send(client, page, name=name, password=password)
        page = _send(client, page, answer="yes")
        assert page.status_code == 200, page.text
        tree: Any = html.document_fromstring(page.text)
        codes: list[str] = tree.xpath("//input[@readonly]/@value | //code/text() | //output/text()")
        assert codes, page.text
        return codes[0].strip()
