"""Mastodon.py, unmodified, against a real instance: sign-in as an app does, and a member's day."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonNotFoundError, MastodonUnauthorizedError

from tests.clients.browser import allow
from tests.instance.media.pictures import picture
from tests.support.process import Process, served

pytestmark = pytest.mark.processes

PASSWORD = "stones and sea 7\n"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Process]:
    with served(tmp_path_factory.mktemp("mastodon-py") / "data", sqlite_template) as process:
        yield process


def _member(instance: Process, name: str) -> Any:
    made = instance.cli(
        "account", "create", name, "--public-posting", "--print-token", "--password-stdin", given=PASSWORD
    )
    return Mastodon(access_token=made.stdout.splitlines()[-1], api_base_url=instance.url)


@pytest.fixture(scope="module")
def ann(instance: Process) -> Any:
    return _member(instance, "ann")


@pytest.fixture(scope="module")
def bea(instance: Process) -> Any:
    return _member(instance, "bea")


def test_an_app_signs_in(instance: Process, ann: Any) -> None:
    client_id, secret = Mastodon.create_app("Test", api_base_url=instance.url)
    app = Mastodon(client_id=client_id, client_secret=secret, api_base_url=instance.url)
    assert app.instance_v2().title == "Skerry"
    code = allow(app.auth_request_url(allow_http=True), "ann", PASSWORD.strip())
    app.log_in(code=code, allow_http=True)
    assert app.me().id == ann.me().id
    keys = {"client_id": client_id, "client_secret": secret, "token": app.access_token}
    assert httpx.post(f"{instance.url}/oauth/revoke", data=keys, trust_env=False).json() == {}
    with pytest.raises(MastodonUnauthorizedError):
        app.timeline_home()


def test_a_day(ann: Any, bea: Any) -> None:
    assert ann.me().source.privacy == "public"
    bea.account_follow(ann.me().id)
    media = ann.media_post(picture(exif=True), mime_type="image/jpeg", description="A boat", focus=(0.5, 0.5))
    post = ann.status_post("Out at sea #boats", media_ids=[media], visibility="public", language="en")
    assert post.media_attachments[0].description == "A boat"
    assert [status.id for status in bea.timeline_home()] == [post.id]
    answer = bea.status_reply(post, "Lovely", visibility="public")
    context = ann.status_context(post)
    assert [status.id for status in context.descendants] == [answer.id]
    for mark in (bea.status_favourite, bea.status_reblog, bea.status_bookmark):
        mark(post)
    assert [status.id for status in bea.bookmarks()] == [post.id]
    assert [status.id for status in bea.favourites()] == [post.id]
    assert {told.type for told in ann.notifications()} == {"follow", "mention", "favourite", "reblog"}
    grouped = ann.grouped_notifications()
    assert len(grouped.notification_groups) == 4
    ann.status_update(post, "Out at sea, edited #boats", media_ids=[media])
    assert len(ann.status_history(post)) == 2
    assert ann.status_source(post).text == "Out at sea, edited #boats"
    assert [told.type for told in bea.notifications(types=["update"])] == ["update"]
    ann.status_delete(answer) if answer.account.id == ann.me().id else bea.status_delete(answer)
    with pytest.raises(MastodonNotFoundError):
        ann.status(answer.id)


def test_polls(ann: Any, bea: Any) -> None:
    poll = ann.make_poll(["Monday", "Friday"], expires_in=3600, multiple=True)
    post = ann.status_post("Which day?", poll=poll, visibility="public")
    assert bea.poll_vote(post.poll, [0, 1]).own_votes == [0, 1]
    assert ann.poll(post.poll).votes_count == 2


def test_profile_relations_and_lists(ann: Any, bea: Any) -> None:
    me = bea.account_update_credentials(
        display_name="Bea", note="Stones", fields=[("Home", "https://bea.example")], avatar=picture("PNG"),
        avatar_mime_type="image/png", locked=True,
    )  # fmt: skip
    assert (me.display_name, me.locked, me.fields[0].name) == ("Bea", True, "Home")
    assert not ann.account_follow(me.id).following
    bea.follow_request_authorize(ann.me().id)
    (relation,) = ann.account_relationships(me.id)
    assert relation.following
    friends = ann.list_create("Friends")
    ann.list_accounts_add(friends, [me.id])
    assert [who.id for who in ann.list_accounts(friends)] == [me.id]
    ann.list_delete(friends)
    ann.account_mute(me.id)
    assert [who.id for who in ann.mutes()] == [me.id]
    ann.account_unmute(me.id)


def test_pages_follow_links(ann: Any, bea: Any) -> None:
    for number in range(5):
        bea.status_favourite(ann.status_post(f"Number {number}", visibility="public"))
    first = bea.favourites(limit=2)
    second = bea.fetch_next(first)
    assert len(first) == len(second) == 2
    assert {status.id for status in first}.isdisjoint(status.id for status in second)
    everything = bea.fetch_remaining(first)
    assert len(everything) >= 5
    assert len(ann.fetch_remaining(ann.notifications(limit=2))) >= 5


def test_the_rest_answers(ann: Any, bea: Any) -> None:
    words = ann.create_filter_v2("Weather", ["home"], "warn", keywords_attributes=[{"keyword": "gale"}])
    assert ann.filters_v2()[0].title == "Weather"
    ann.delete_filter_v2(words)
    assert ann.preferences()["posting:default:visibility"] == "public"
    ann.markers_set("home", ann.timeline_home()[0].id) if ann.timeline_home() else None
    assert ann.conversations() == []
    bea.status_post("@ann a word", visibility="direct")
    assert ann.conversations()[0].unread
    assert ann.search("bea").accounts
    assert ann.custom_emojis() == []
    assert ann.announcements() == []
    assert ann.trending_tags() == []
    assert ann.domain_blocks() == []
    assert ann.suggestions() == []
    assert ann.instance_rules() == []
    assert bea.report(ann.me().id, comment="x").target_account.id == ann.me().id


def test_unsigned_readers_see_what_is_public(instance: Process, ann: Any, tmp_path: Path) -> None:
    stranger = Mastodon(api_base_url=instance.url)
    post = ann.status_post("For all", visibility="public")
    kept = ann.status_post("For few", visibility="private")
    assert stranger.status(post.id).content == "<p>For all</p>"
    with pytest.raises(MastodonNotFoundError):
        stranger.status(kept.id)
    assert stranger.account_lookup("ann").id == ann.me().id
    assert stranger.account_followers(ann.me().id) == []
