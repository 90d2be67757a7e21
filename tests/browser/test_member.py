"""A member's first hour in a real browser, on a phone, without JavaScript."""

import secrets

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Seen

PASSWORD = "winter lantern harbour"


def join(page: Page, name: str) -> None:
    """Sign up and put the recovery card away."""
    page.goto("/")
    page.get_by_role("link", name="Join").first.click()
    page.get_by_label("Your name here").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery card")


def test_sign_up_to_sign_out(page: Page, seen: Seen) -> None:
    name = f"mira{secrets.token_hex(3)}"
    join(page, name)
    assert page.locator(".codes li").count() == 10
    page.get_by_role("button", name="I have kept the card").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")

    page.get_by_label("What do you want to say").fill("The sea is calm today.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("It is sent")
    card = page.locator("article.card").first
    expect(card).to_contain_text("The sea is calm today.")
    expect(card).to_contain_text("The people who follow you, and those you named")

    card.get_by_role("link", name="Reply").click()
    page.get_by_label("Your reply").fill("And it stays so.")
    page.get_by_role("button", name="Send the reply").click()
    expect(page.locator("article.card").nth(1)).to_contain_text("And it stays so.")

    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Your profile").click()
    page.get_by_label("The name that is shown").fill("Mira by the sea")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    page.get_by_role("link", name="You", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mira by the sea")

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out")
    page.get_by_label("Your name here, or your e-mail address").fill(name)
    page.get_by_label("Password").fill("not the password")
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong")
    assert page.get_by_label("Your name here, or your e-mail address").input_value() == name
    assert not seen.outside
    complaints = [text for text in seen.complaints if "422" not in text]
    assert not complaints


def test_allow_an_app(page: Page, server: str) -> None:
    name = f"nora{secrets.token_hex(3)}"
    join(page, name)
    asked = {"client_name": "Seagull", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write follow"}
    app = httpx.post(f"{server}/api/v1/apps", data=asked).json()
    query = httpx.QueryParams(
        response_type="code", client_id=app["client_id"], redirect_uri=asked["redirect_uris"], scope="read write"
    )
    page.goto(f"/oauth/authorize?{query}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Allow Seagull to use your account?")
    expect(page.locator("main")).to_contain_text("read everything that you can read here")
    page.get_by_role("button", name="Allow it").click()
    code = page.locator("#code").inner_text()
    grant = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": asked["redirect_uris"],
    }
    answer = httpx.post(f"{server}/oauth/token", data=grant).json()
    me = httpx.get(
        f"{server}/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {answer['access_token']}"}
    )
    assert me.json()["username"] == name
    page.goto("/settings/apps")
    expect(page.locator("main")).to_contain_text("Seagull")
    page.get_by_role("button", name="End it").click()
    expect(page.locator("main")).not_to_contain_text("Seagull")


@pytest.mark.parametrize("path", ["/", "/about", "/privacy", "/sign-up", "/auth/sign_in", "/auth/reset", "/nothing"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_over_at_320_pixels(browser: Browser, server: str, path: str, scheme: str) -> None:
    kind = "dark" if scheme == "dark" else "light"
    context = browser.new_context(base_url=server, viewport={"width": 320, "height": 640}, color_scheme=kind)
    page = context.new_page()
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


def test_keyboard_focus_is_seen(browser: Browser, server: str) -> None:
    context = browser.new_context(base_url=server)
    page = context.new_page()
    page.goto("/sign-up")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Tab")
        width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert width >= 2
    context.close()
