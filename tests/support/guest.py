"""Somebody with a browser, without a browser: keeps cookies, sends the forms of the pages that it got."""

from typing import Any

import httpx
from lxml import html

from tests.support.html import check
from tests.support.world import Running

PASSWORD = "winter lantern harbour"


class Guest:
    """One browser at one instance. Every page that it gets is checked."""

    def __init__(self, running: Running, language: str = "en") -> None:
        self.running = running
        headers = {"Accept": "text/html", "Accept-Language": language}
        base = running.house.site.base_url
        transport = httpx.ASGITransport(running.asgi)
        self.client = httpx.AsyncClient(transport=transport, base_url=base, headers=headers)
        self.page: Any = None
        self.path = "/"

    async def get(self, path: str, status: int = 200) -> Any:
        """Open a page, follow redirects; its tree."""
        return await self._land(await self.client.get(path), status)

    async def send(self, action: str = "", status: int = 200, at: str = "", **fields: Any) -> Any:
        """Send the form with this action (its last part is enough) of the page at hand, with these fields filled in.

        The first one whose hidden fields are `at` ("name=value"), where there are several. Raises AssertionError where
        the page has no such form or field.
        """
        form = self._form(action, at, fields)
        data = dict(form.form_values())
        for name, value in fields.items():
            data[name] = value
        target = form.get("action") or self.path
        return await self._land(await self.client.post(target, data=data), status)

    def _form(self, action: str, at: str, fields: dict[str, Any]) -> Any:
        for form in self.page.forms:
            if not (form.get("action") or self.path).endswith(action):
                continue
            name, _sign, value = at.partition("=")
            if at and not form.xpath(f".//input[@name='{name}' and @value='{value}']"):
                continue
            if set(fields) <= set(form.inputs.keys()):
                return form
        raise AssertionError(f"no form {action} {at} with {sorted(fields)} at {self.path}")

    async def _land(self, response: httpx.Response, status: int) -> Any:
        while response.is_redirect:
            assert response.status_code in {302, 303}
            response = await self.client.get(response.headers["location"])
        assert response.status_code == status, html.document_fromstring(response.text).text_content()[:600]
        self.path = response.url.path + (f"?{response.url.query.decode()}" if response.url.query else "")
        self.page = check(response)
        return self.page

    @property
    def text(self) -> str:
        """The words of the page at hand, spaces folded."""
        return " ".join(self.page.xpath("//main")[0].text_content().split())

    def says(self) -> str:
        """The notices and errors of the page."""
        return " ".join(
            " ".join(one.text_content() for one in self.page.xpath("//*[@role='alert' or @role='status']")).split()
        )

    async def join(self, name: str) -> None:
        """Sign up where that is open, and put the recovery card away."""
        await self.get("/sign-up")
        await self.send("/sign-up", name=name, password=PASSWORD)
        await self.send("/recovery-card")

    async def close(self) -> None:
        await self.client.aclose()
