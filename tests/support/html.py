"""Checks that every page must pass: landmarks, labels, one heading, language, nothing inline, nothing from elsewhere."""

import re
from itertools import pairwise
from typing import Any

import httpx
from lxml import html

Page = Any
OUTSIDE = re.compile(r"^(?:https?:)?//")


def parsed(response: httpx.Response) -> Page:
    """The page as a tree."""
    return html.document_fromstring(response.text)


def check(response: httpx.Response) -> Page:
    """Check a page and its headers; returns its tree."""
    assert response.headers["content-type"].startswith("text/html")
    _headers(response)
    page = parsed(response)
    for rule in (_frame, _fields, _pictures, _nothing_inline, _nothing_from_elsewhere, _ids, _forms, _neutral):
        rule(page)
    return page


def _headers(response: httpx.Response) -> None:
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "no-store" in response.headers["cache-control"]


def _frame(page: Page) -> None:
    assert page.get("lang")
    assert page.get("dir") in {"ltr", "rtl"}
    assert len(page.xpath("//h1")) == 1
    assert len(page.xpath("//main[@id='main']")) == 1
    assert len(page.xpath("//header[contains(@class, 'top')]")) == 1
    assert page.xpath("//footer")
    assert page.xpath("//nav[@aria-label]")
    assert page.xpath("//a[@href='#main']")
    assert page.xpath("//meta[@name='viewport']")
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1|//h2|//h3|//h4")]
    assert levels[0] == 1 or 1 in levels
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels


def _fields(page: Page) -> None:
    for field in page.xpath("//input[not(@type='hidden')]|//textarea|//select"):
        name = field.get("id")
        assert name, html.tostring(field)
        assert page.xpath(f"//label[@for='{name}']"), f"{name} has no label"
        for described in (field.get("aria-describedby") or "").split():
            assert page.xpath(f"//*[@id='{described}']"), described
    for button in page.xpath("//button"):
        assert button.text_content().strip()
        assert button.get("type") == "submit"
    for link in page.xpath("//a[@href]"):
        named = link.text_content().strip() or link.xpath(".//img[@alt != '']")
        assert named, html.tostring(link)


def _pictures(page: Page) -> None:
    for picture in page.xpath("//img"):
        assert picture.get("alt") is not None
    for icon in page.xpath("//*[local-name()='svg']"):
        named = icon.get("role") == "img" and page.xpath(
            f"//*[@id='{(icon.get('aria-labelledby') or '').split(' ')[0]}']"
        )
        assert named or icon.get("aria-hidden") == "true"


def _nothing_inline(page: Page) -> None:
    assert not page.xpath("//script|//style|//*[@style]")
    assert not [name for element in page.iter() for name in dict(element.attrib) if name.startswith("on")]


def _nothing_from_elsewhere(page: Page) -> None:
    loaded = page.xpath(
        "//img/@src|//link[@rel='stylesheet' or @rel='icon']/@href|//source/@src|//video/@src|//audio/@src"
    )
    assert not [address for address in loaded if OUTSIDE.match(address) and "a.example" not in address], loaded
    for link in page.xpath("//a[@href]"):
        if OUTSIDE.match(link.get("href")) and "a.example" not in link.get("href"):
            assert "noreferrer" in (link.get("rel") or ""), link.get("href")


def _ids(page: Page) -> None:
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1]


def _forms(page: Page) -> None:
    for form in page.xpath("//form[@method='post']"):
        assert form.xpath(".//input[@type='hidden' and @name='csrf' and @value != '']")
    assert not page.xpath("//form[not(@method)]")


def _neutral(page: Page) -> None:
    """Titles and previews say what kind of page it is, never of whom or about what (LEAKS L37)."""
    assert page.findtext(".//title").endswith(" · Skerry")
    assert page.xpath("//meta[@property='og:title']/@content") == ["Skerry"]
    assert not page.xpath("//meta[@property='og:image' or @property='og:description' or @name='description']")
