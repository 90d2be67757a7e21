"""`toot`, unmodified, against a real instance: all that its commands do for a member."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.browser import allow
from tests.instance.media.pictures import picture
from tests.support.process import Process, served

pytestmark = pytest.mark.processes

TOOT = Path(sys.executable).parent / "toot"


class Toot:
    """One member's `toot`, with a configuration of its own."""

    def __init__(self, instance: Process, name: str, folder: Path, shell: "subprocess.Popen[str]") -> None:
        self.name = name
        self.folder = folder
        self.shell = shell
        made = instance.cli(
            "account", "create", name, "--public-posting", "--print-token", "--password-stdin", given=PASSWORD
        )
        token = made.stdout.splitlines()[-1]
        here = instance.url.removeprefix("http://")
        app = {"instance": here, "base_url": instance.url, "client_id": "x", "client_secret": "x"}
        user = {"instance": here, "username": name, "access_token": token}
        (folder / "toot").mkdir(parents=True)
        config = {"apps": {here: app}, "users": {f"{name}@{here}": user}, "active_user": f"{name}@{here}"}
        (folder / "toot" / "config.json").write_text(json.dumps(config))

    def __call__(self, *words: str, given: str | None = None) -> str:
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.stdin.write(json.dumps({"words": words, "home": str(self.folder), "given": given or ""}) + "\n")
        self.shell.stdin.flush()
        said = json.loads(self.shell.stdout.readline())
        assert said["status"] == 0, f"toot {' '.join(words)}: {said['out']}\n{said['err']}"
        return str(said["out"])

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))


PASSWORD = "stones and sea 7\n"


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[tuple[Toot, Toot]]:
    folder = tmp_path_factory.mktemp("toot")
    with served(folder / "data", sqlite_template) as instance:
        environ, pipe = {**os.environ, "NO_COLOR": "1"}, subprocess.PIPE
        command = [sys.executable, str(Path(__file__).with_name("toots.py"))]
        with subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, text=True) as shell:
            yield Toot(instance, "ann", folder / "ann", shell), Toot(instance, "bea", folder / "bea", shell)


def test_login_in_a_browser(tmp_path: Path, sqlite_template: Path) -> None:
    with served(tmp_path / "data", sqlite_template) as instance:
        instance.cli("account", "create", "cleo", "--password-stdin", given=PASSWORD)
        environ = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
        command = [str(TOOT), "login", "--instance", instance.url]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as toot:
            assert toot.stdin is not None
            assert toot.stdout is not None
            line = ""
            while not line.startswith("http"):
                line = toot.stdout.readline()
                assert line, "no address"
            toot.stdin.write("n\n" + allow(line.strip(), "cleo", PASSWORD.strip()) + "\n")
            toot.stdin.flush()
            said, complaint = toot.communicate(timeout=30)
            assert "Successfully logged in" in said, said + complaint
        kept = json.loads((tmp_path / "toot" / "config.json").read_text())
        assert [user.partition("@")[0] for user in kept["users"]] == ["cleo"]


def test_who_and_where(members: tuple[Toot, Toot]) -> None:
    ann, _bea = members
    assert "@ann" in ann("whoami")
    assert ann.json("instance")["title"] == "Skerry"
    assert "@bea" in ann("whois", "bea")
    assert "ann" in ann("auth")


def test_posts_and_threads(members: tuple[Toot, Toot], tmp_path: Path) -> None:
    ann, bea = members
    file = tmp_path / "boat.jpg"
    file.write_bytes(picture(exif=True))
    first = ann.json("post", "Good morning #sea", "--visibility", "public", "--language", "en")
    assert (first["visibility"], first["language"]) == ("public", "en")
    warned = ann.json("post", "Long story", "--spoiler-text", "long", "--sensitive")
    assert (warned["spoiler_text"], warned["sensitive"]) == ("long", True)
    pictured = ann.json("post", "A boat", "--media", str(file), "--description", "A small blue boat")
    assert pictured["media_attachments"][0]["description"] == "A small blue boat"
    answer = bea.json("post", "@ann good morning", "--reply-to", first["id"])
    assert answer["in_reply_to_id"] == first["id"]
    assert "good morning" in ann("thread", first["id"])
    assert "Good morning" in ann("status", first["id"])
    assert (
        "A boat" in ann("timelines", "home", "--no-pager")
        if "--no-pager" in ann("timelines", "home", "--help")
        else True
    )
    ann("delete", warned["id"])


def test_polls(members: tuple[Toot, Toot]) -> None:
    ann, bea = members
    asked = ann.json("post", "Which day?", "--poll-option", "Monday", "--poll-option", "Friday", "-v", "public")
    poll = asked["poll"]["id"]
    bea("polls", "vote", poll, "1")
    assert bea.json("polls", "show", poll)["votes_count"] == 1


def test_marks(members: tuple[Toot, Toot]) -> None:
    ann, bea = members
    post = ann.json("post", "Marked", "-v", "public")["id"]
    for mark, unmark in (("favourite", "unfavourite"), ("reblog", "unreblog"), ("bookmark", "unbookmark")):
        bea(mark, post)
        if mark == "bookmark":
            assert "Marked" in bea("bookmarks")
        if mark == "reblog":
            assert "bea" in ann("reblogged-by", post)
        bea(unmark, post)
    ann("pin", post)
    ann("unpin", post)


def test_people(members: tuple[Toot, Toot]) -> None:
    ann, bea = members
    bea("follow", "ann")
    assert "bea" in ann("followers", "ann")
    assert "ann" in bea("following", "bea")
    assert "bea" in ann("notifications")
    ann("notifications", "--clear")
    bea("mute", "ann")
    assert "ann" in bea("muted")
    bea("unmute", "ann")
    bea("block", "ann")
    assert "ann" in bea("blocked")
    bea("unblock", "ann")


def test_search_tags_lists_profile(members: tuple[Toot, Toot], tmp_path: Path) -> None:
    ann, bea = members
    assert "bea" in ann("search", "bea")
    ann("tags", "follow", "sea")
    assert "sea" in ann("tags", "followed")
    ann("tags", "unfollow", "sea")
    bea("follow", "ann")
    bea("lists", "create", "Friends")
    assert "Friends" in bea("lists", "list")
    bea("lists", "add", "Friends", "ann")
    assert "ann" in bea("lists", "accounts", "Friends")
    bea("lists", "delete", "Friends")
    file = tmp_path / "me.png"
    file.write_bytes(picture("PNG"))
    ann("update-account", "--display-name", "Ann of the sea", "--note", "Stones", "--avatar", str(file), "--locked")
    shown = ann.json("whoami")
    assert (shown["display_name"], shown["locked"]) == ("Ann of the sea", True)
    assert "/media/p" in shown["avatar"]
    ann("update-account", "--no-locked")
    uploaded = ann("upload", str(file), "--description", "Me")
    assert "/media/" in uploaded
