"""The demo: three instances on 127.0.0.2, .3 and .4, members, groups, follows, posts and replies between them.

All of it goes through the doors: the command line makes accounts and groups, the client API does the rest.
Prints addresses and sign-ins, runs until Ctrl-C; `--once` ends when everything has arrived everywhere (0) or not (1).
"""

import argparse
import shutil
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from circles import PASSWORD, Circle, DemoError, say
from pretend import PretendMastodon
from promises import promises

STRANGER = "127.0.0.5"

# What the three circles do.

PEOPLE = [
    [("ada", "Ada", "steward"), ("ben", "Ben", "member")],
    [("cleo", "Cleo", "steward"), ("dan", "Dan", "member")],
    [("eva", "Eva", "steward"), ("finn", "Finn", "member")],
]
GROUPS = [
    ("tuesday", "Tuesday circle", "ada"),
    ("garden", "Garden talk", "cleo"),
    ("night", "Awake at night", "eva"),
]


def people_and_groups(circles: list[Circle]) -> None:
    """Two members and a group on each."""
    for circle, people, (group, title, moderator) in zip(circles, PEOPLE, GROUPS, strict=True):
        for name, display_name, role in people:
            circle.join(name, display_name, role)
        circle.cli("group", "create", group, "--display-name", title, "--moderator", moderator)
        say(f"  {circle.title}: {', '.join(m.handle for m in circle.members.values())}, group @{group}@{circle.domain}")


def follows(circles: list[Circle]) -> None:
    """Everyone follows every group; the first of each follows the second of the next."""
    everyone = [member for circle in circles for member in circle.members.values()]
    groups = [f"@{group[0]}@{circle.domain}" for circle, group in zip(circles, GROUPS, strict=True)]
    for member in everyone:
        for group in groups:
            member.follow(group)
    for circle, following in zip(circles, circles[1:] + circles[:1], strict=True):
        first, second = next(iter(circle.members.values())), list(following.members.values())[1]
        first.follow(second.handle)


def talk(circles: list[Circle]) -> None:
    """Posts to groups from elsewhere, seen everywhere, answered across."""
    ada, ben, cleo, dan, eva, finn = (member for circle in circles for member in circle.members.values())
    tuesday, garden, night = (f"@{group[0]}@{circle.domain}" for circle, group in zip(circles, GROUPS, strict=True))
    ben.write(f"{tuesday} First infusion today. Who has a good book for four hours?", visibility="public")
    for member in (ada, cleo, dan, eva, finn):
        seen = member.sees("First infusion today")
        if member is dan:
            dan.write(
                f"@{ben.name}@{ben.home.domain} Short stories. You can stop at any page.", in_reply_to_id=seen["id"]
            )
        if member is finn:
            finn.post(f"/api/v1/statuses/{seen['id']}/favourite")
    mine = ben.sees("First infusion today")
    ben.reads_answer(mine, "Short stories")
    finn.write(f"{garden} The beans are up, and so am I.", visibility="public")
    for member in (ada, ben, cleo, dan, eva):
        member.sees("The beans are up")
    dan.write(f"{night} Anyone else awake?", visibility="public", spoiler_text="can't sleep")
    answered = eva.sees("Anyone else awake")
    eva.write(f"{dan.handle} Always, on Thursdays.", in_reply_to_id=answered["id"])
    dan.reads_answer(dan.sees("Anyone else awake"), "on Thursdays")


def tell(circles: list[Circle]) -> None:
    say("\nThree collectives are running.\n")
    for circle, (group, title, _) in zip(circles, GROUPS, strict=True):
        say(f"  {circle.title:<16} {circle.url}   {title}: {circle.url}/@{group}")
        say(f"  {'':<16} sign in as {' or '.join(circle.members)}")
    say(f"\nEvery password is: {PASSWORD}")
    say(
        "Each first one is steward of her instance and moderates its group. Logs lie in the data folders. Stop with Ctrl-C."
    )


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="Three collectives that federate, on this machine."
    )
    parser.add_argument(
        "--port", type=int, default=8800, help="port on 127.0.0.2, 127.0.0.3 and 127.0.0.4 (default 8800)"
    )
    parser.add_argument("--data", type=Path, help="folder for the three (default: a new one, gone at the end)")
    parser.add_argument("--once", action="store_true", help="end as soon as everything has arrived")
    return parser.parse_args()


def main() -> int:
    """Run the demo; 0 when all went well."""
    given = asked()
    folder = given.data or Path(tempfile.mkdtemp(prefix="skerry-demo-"))
    hosts = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
    peers = ",".join(f"{host}/32" for host in [*hosts, STRANGER])
    titles = ["Northern circle", "Southern circle", "Island circle"]
    circles = [Circle(t, h, given.port, folder / h, peers) for t, h in zip(titles, hosts, strict=True)]
    if any((circle.data / "skerry.sqlite3").exists() for circle in circles):
        say(f"{folder} holds an older demo; name an empty folder, or none.")
        return 2
    pretend = PretendMastodon(STRANGER, given.port)
    for number in (signal.SIGTERM, signal.SIGINT):  # SIGINT is ignored where a shell started us in the background
        signal.signal(number, signal.default_int_handler)
    try:
        play(circles)
        promises(circles, pretend)
        tell(circles)
        if not given.once:
            signal.pause()
    except KeyboardInterrupt:
        say("\nStopping.")
    except DemoError as error:
        say(f"\nIt did not work: {error}\nLogs: {folder}")
        return 1
    finally:
        pretend.stop()
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(Circle.stop, circles))
    if given.data is None:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def play(circles: list[Circle]) -> None:
    """All steps, told as they happen."""
    say("Starting three instances …")
    for circle in circles:
        circle.start()
    for circle in circles:
        circle.ready()
    say("Making members and groups …")
    people_and_groups(circles)
    say("Following across …")
    follows(circles)
    say("Talking …")
    talk(circles)


if __name__ == "__main__":
    sys.exit(main())
