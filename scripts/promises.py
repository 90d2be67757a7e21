"""The second half of the demo: words for followers go only to those who promise, agree, and are seen to keep their word."""

import time
from typing import Any

from circles import Circle, DemoError, Member, say, until
from pretend import PretendMastodon

PROMISING = """
format = 1
name = "{title}"
[peers]
default = "allowed"
[promises]
authorized_fetch = true
erasure_receipts = true
max_lease = "48 hours"
erasure_within = "24 hours"
never = ["index", "model_training"]
measures = ["encryption_in_transfer"]
"""
WEAK = """
format = 1
name = "{title}"
[peers]
default = "allowed"
"""
ASKING = """
[requirement]
assurance = "{level}"
authorized_fetch = true
erasure_receipts = true
erasure_within = "72 hours"
never = ["index"]
"""
A_WHILE = 1.0


def promises(circles: list[Circle], pretend: PretendMastodon) -> None:
    """A asks for what B promises and C does not; B weakens its policy; C signs, is probed, and gets in."""
    a, b, c = circles
    ben, cleo, eva = list(a.members.values())[1], next(iter(b.members.values())), next(iter(c.members.values()))
    if not _follows(cleo, ben):
        cleo.follow(ben.handle)
    pretend.follow(str(_account(ben)["uri"]))
    until(pretend.accepted, f"Mia, on a server that runs other software ({pretend.domain}), follows {ben.handle}")

    say(f"\n{b.title} promises something; {c.title} does not.")
    _adopt(b, PROMISING)
    say(f"{a.title} asks for it, and for an agreement, before words for followers leave.")
    _adopt(a, PROMISING + ASKING.format(level="agreed"))
    say(f"{a.title} offers {b.title} an agreement, whose steward says yes.")
    _agree(a, b)
    ben.write("My results are in. For my followers only.", visibility="private")
    cleo.sees("My results are in")
    ben.write("The garden is open to all.", visibility="public")
    _only(eva, "The garden is open", "My results are in", c)
    until(lambda: "The garden is open" in pretend.words(), "Mia reads the public post “The garden is open to all.”")
    _not_there(pretend, "My results are in")
    a.cli("policy", "set-stance", pretend.domain, "blocked", "--reason", "for the demo")
    say(f"  {a.title} blocks Mia's server: from now on she gets nothing at all.")
    ben.write("Tea at four, everybody.", visibility="public")
    cleo.sees("Tea at four")
    time.sleep(A_WHILE)
    _not_there(pretend, "Tea at four")

    say(f"\n{b.title} weakens its policy.")
    _adopt(b, WEAK)
    until(lambda: _state(a, b) == "void", f"{a.title} sees it; the agreement holds no longer")
    ben.write("The second results are in.", visibility="private")
    ben.write("The soup is ready.", visibility="public")
    _only(cleo, "The soup is ready", "The second results", b)
    say("  " + _why(a, b))

    say(f"\n{c.title} promises too, signs, and is probed; {a.title} asks for that now.")
    _adopt(c, PROMISING)
    _adopt(a, PROMISING + ASKING.format(level="probed"))
    _agree(a, c)
    say(
        f"  {a.title} writes a canary to {c.title}, looks for it as a stranger does, deletes it, and waits for the receipt …"
    )
    _probe(a, c)
    say("  " + _why(a, c))
    ben.write("The third results are in, and they are good.", visibility="private")
    eva.sees("The third results")
    ben.write("Good night, everybody.", visibility="public")
    _only(cleo, "Good night", "The third results", b)


def _follows(member: Member, other: Member) -> bool:
    account = member.find(other.handle)
    (relation,) = member.get("/api/v1/accounts/relationships", **{"id[]": account["id"]})
    return bool(relation["following"])


def _account(member: Member) -> dict[str, Any]:
    found: dict[str, Any] = member.get("/api/v1/accounts/verify_credentials")
    return found


def _adopt(circle: Circle, text: str) -> None:
    circle.cli("policy", "adopt", "-", given=text.format(title=circle.title))


def _agree(one: Circle, other: Circle) -> None:
    one.cli("agreement", "offer", other.domain, "--as", "steward", "--wait")
    until(lambda: bool(_sight(other, one)["agreement"] == "received"), f"{other.title} has the offer")
    other.cli("agreement", "accept", one.domain, "--as", "steward")
    until(
        lambda: _state(one, other) == "accepted",
        f"{one.title} and {other.title} have agreed; each keeps both signatures",
    )


def _probe(one: Circle, other: Circle) -> None:
    until(lambda: _begun(one, other), f"{other.title}'s synthetic account follows that of {one.title}")
    until(
        lambda: _sight(one, other)["rounds"][0]["state"] not in {"planted", "deleted"},
        "the round is over",
    )


def _begun(one: Circle, other: Circle) -> bool:
    try:
        one.cli("agreement", "probe", other.domain)
    except DemoError as error:
        if "doesn't follow" in str(error):
            return False
        raise
    return True


def _sight(one: Circle, other: Circle) -> dict[str, Any]:
    return one.cli("agreement", "show", other.domain)


def _state(one: Circle, other: Circle) -> str:
    return str(_sight(one, other)["agreement"])


def _why(one: Circle, other: Circle) -> str:
    """What the steward of one reads about the other."""
    seen = _sight(one, other)
    newest = seen["agreements"][0]["sentence"]
    return f"{one.title} says of {other.title}: {seen['level']}. {seen['sentence']} {newest}"


def _only(member: Member, later: str, words: str, circle: Circle) -> None:
    """See that she gets what was written later, and not these words: what goes to one server goes in order."""
    member.sees(later)
    home = member.get("/api/v1/timelines/home", limit=40)
    if any(words in (status.get("reblog") or status)["content"] for status in home):
        raise DemoError(f"{member.handle} sees “{words}”, and must not")
    say(f"  {member.handle} does not see “{words}”: it never left for {circle.title}")


def _not_there(pretend: PretendMastodon, words: str) -> None:
    if words in pretend.words():
        raise DemoError(f"{pretend.domain} was sent “{words}”, and must not have been")
    say(f"  Mia, on a server without promises, does not get “{words}”")
