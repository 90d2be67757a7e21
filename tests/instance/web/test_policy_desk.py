"""The policy desk through its pages: questions, form and text, preview with dry run, adoption, who can read a post."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from instance.db.people import login
from instance.people import accounts
from instance.policy.adopt import adopt, set_stance
from instance.policy.inforce import in_force_here
from instance.policy.keeping import keep
from instance.web.steward import proposing
from policies import filling
from policies.document import PolicyDocument
from policies.filling import inputs
from policies.peers import Stance
from policies.sections import PeerRule
from tests.instance.web.conftest import MakeGuest
from tests.support.guest import Guest
from tests.support.make import Member, member
from tests.support.peer import Peer
from tests.support.world import Running, World

PAGE = "/steward/policy"
SECRET = "Words that nobody but their readers may see"
PAGES = ("", "/form", "/text", "/why", "/if?host=peer.example", "/versions/1")


@pytest.fixture
async def home(world: World) -> Running:
    return await world.instance("a.example", SKERRY_PUBLIC_POSTING="1")


@pytest.fixture
async def stella(home: Running, guest: MakeGuest) -> Guest:
    made = guest(home)
    await made.join("stella")
    await home.house.store.unit(lambda u: u.connection.execute(update(login).values(role="steward")) and None)
    return made


@pytest.fixture
async def peer(world: World, home: Running) -> tuple[Peer, Member, str]:
    """A server whose bob follows ann and has written; ann's post went there. Her post's address comes along."""
    made = Peer(world)
    bob = made.actor("bob")
    ann = await member(home, "ann", public=True)
    await world.settle()
    row = await home.house.store.read(accounts.by_id, ann.account_id)
    assert row is not None
    await made.post(home, made.activity("Follow", bob, row.iri))
    await world.settle()
    posted = (await ann.post("/api/v1/statuses", json={"status": SECRET, "visibility": "public"})).json()
    await made.post(home, made.activity("Create", bob, made.note(bob, 1, "<p>hello</p>")))
    await world.settle()
    return made, ann, str(posted["uri"])


async def policy_of(home: Running) -> PolicyDocument:
    return await home.house.store.read(in_force_here)


async def test_only_stewards_have_it(home: Running, guest: MakeGuest, stella: Guest) -> None:
    mira = guest(home)
    await mira.join("mira")
    for path in PAGES:
        await mira.get(PAGE + path, 404)
        await stella.get(PAGE + path)
        assert SECRET not in stella.text
    await stella.get("/steward")
    assert stella.page.xpath(f"//a[@href='{PAGE}']")
    await stella.get(PAGE)
    for question in ("Who can read this?", "Why was it not delivered?", "What happens if we open to this server?"):
        assert question in stella.text


async def test_the_form_has_every_field_of_the_table(home: Running, stella: Guest) -> None:
    await stella.get(f"{PAGE}/form")
    names = set(stella.page.xpath("//main//form//@name"))
    for one in inputs():
        assert one.name in names or {f"{one.name}:{value}" for value, _ in one.choices} <= names, one.name
    folded = stella.page.xpath("//details//@name")
    assert "default" not in folded
    assert "incoming.mentions_held_above" in folded


async def test_a_change_in_the_form_is_seen_first_and_then_in_force(home: Running, stella: Guest) -> None:
    await stella.get(f"{PAGE}/form")
    await stella.send("/form", **{"promises.erasure_within": "72 hours", "incoming.mentions_held_above": "12"})
    assert "What is to be deleted is erased within 3 days." in stella.text
    assert "What can't be played" in stella.text
    assert (await policy_of(home)).promises.erasure_within is None
    await stella.send("/adopt")
    assert "It is in force." in stella.says()
    policy = await policy_of(home)
    assert (policy.promises.erasure_within, policy.incoming.mentions_held_above) == (72, 12)
    assert "by @stella" in stella.text


async def test_what_can_t_be_read_stays_as_it_was_typed(home: Running, stella: Guest) -> None:
    before = await policy_of(home)
    await stella.get(f"{PAGE}/form")
    typed = {"promises.erasure_within": "soon", "peers": "[peers.rules.x", "retention.request_logs": "9 days"}
    await stella.send("/form", 422, **typed)
    form = stella.page.xpath("//form[contains(@action, '/policy/form')]")[0]
    values = dict(form.form_values())
    assert {name: values[name].strip() for name in typed} == typed
    assert "5 hours or 30 days" in stella.page.xpath("//*[@id='promises.erasure_within-error']")[0].text_content()
    assert "TOML" in stella.page.xpath("//*[@id='peers-error']")[0].text_content()
    assert (await policy_of(home)).digest == before.digest


async def test_a_contradiction_stands_beside_its_field(home: Running, stella: Guest) -> None:
    await stella.get(f"{PAGE}/form")
    await stella.send("/form", 422, **{"promises.protected_media": "1"})
    assert "signed reads" in stella.page.xpath("//*[@id='promises.protected_media-error']")[0].text_content()


async def test_text_is_refused_with_line_and_remedy_and_kept(home: Running, stella: Guest) -> None:
    await stella.get(f"{PAGE}/text")
    written = 'format = 1\nname = "ours"\n[peers]\ndefault = "held"\n[promises]\nauthorised_fetch = true # mine\n'
    await stella.send("/text", 422, text=written)
    assert "Line 6:" in stella.text
    assert "authorized_fetch" in stella.text
    assert stella.page.xpath("//textarea[@id='text']")[0].text.strip() == written.strip()
    await stella.send("/text", text=written.replace("ised", "ized"))
    assert "Every read by another server must be signed." in stella.text
    await stella.send("/again", at="as=text")
    assert "# mine" in stella.page.xpath("//textarea[@id='text']")[0].text
    await stella.send("/text")
    await stella.send("/again", at="as=form")
    assert stella.page.xpath("//input[@id='promises.authorized_fetch' and @checked]")
    await stella.send("/form")
    await stella.send("/adopt")
    assert (await policy_of(home)).promises.authorized_fetch


async def test_a_stale_edit_is_refused_and_nothing_of_it_is_lost(home: Running, stella: Guest) -> None:
    await stella.get(f"{PAGE}/form")
    await stella.send("/form", **{"promises.erasure_within": "2 days"})
    await home.house.store.unit(set_stance, "quick.example", Stance.BLOCKED)
    newer = await policy_of(home)
    await stella.send("/adopt", 409)
    assert "Another policy was put into force after you began to write." in stella.says()
    assert "quick.example" in stella.text
    assert "erased within 2 days" in stella.text
    assert (await policy_of(home)).digest == newer.digest
    await stella.get(f"{PAGE}/form")
    await home.house.store.unit(set_stance, "quicker.example", Stance.BLOCKED)
    await stella.send("/form", 409, **{"promises.erasure_within": "2 days"})
    assert "after you began to write" in stella.says()


async def test_the_dry_run_says_who_loses_what(
    home: Running, peer: tuple[Peer, Member, str], stella: Guest, world: World
) -> None:
    await stella.get(PAGE)
    await stella.send("/server", host="peer.example", stance="blocked", reason="spam")
    assert "peer.example: allowed becomes blocked, by a new rule." in stella.text
    assert "2 things that came would have been refused." in stella.text
    assert "things that left would not have been sent." in stella.text
    assert "@ann One contact would end or fall silent." in stella.text
    assert "bob" not in stella.text
    assert SECRET not in stella.text
    await stella.send("/adopt")
    assert (await policy_of(home)).peers["peer.example"].reason == "spam"
    await stella.get(f"{PAGE}/versions/2")
    assert "peer.example: allowed becomes blocked, by a new rule." in stella.text


@pytest.mark.parametrize(
    ("field", "value"), [("host", "no host"), ("until", "2020-01-01"), ("until", "x"), ("reason", "x" * 501)]
)
async def test_a_rule_for_one_server_is_checked(home: Running, stella: Guest, field: str, value: str) -> None:
    await stella.get(PAGE)
    typed = {"host": "peer.example", "stance": "held", "reason": "why", "until": "", field: value}
    await stella.send("/server", 422, **typed)
    assert stella.page.xpath(f"//*[@id='{field}-error']")
    assert dict(stella.page.xpath("//form[contains(@action, '/server')]")[0].form_values())[field] == value


async def test_a_rule_for_a_time(home: Running, stella: Guest, world: World) -> None:
    await stella.get(PAGE)
    await stella.send("/server", host="Peer.Example", stance="held", until="2099-01-31")
    await stella.send("/adopt")
    rule = (await policy_of(home)).peers["peer.example"]
    assert (rule.stance, rule.until) == (Stance.HELD, 4_073_500_800_000)
    await stella.send("/mode", mode="closed")
    assert "allowed becomes blocked" in stella.text
    await stella.send("/adopt")
    assert (await policy_of(home)).default is Stance.BLOCKED


async def test_a_very_long_policy_can_still_be_changed_for_one_server(
    home: Running, stella: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "LONGEST_CARRIED", 20_000)
    monkeypatch.setattr(filling, "LONGEST_TABLE", 20_000)
    long = await policy_of(home)
    rules = {f"{number}.bad.example": PeerRule(Stance.BLOCKED, "from a list") for number in range(400)}
    await home.house.store.unit(adopt, replace(long, peers=rules), "steward")
    await stella.get(f"{PAGE}/text")
    assert "too long for a browser" in stella.text
    await stella.get(f"{PAGE}/form")
    assert "A list is too long for this form." in stella.text
    await stella.get(PAGE)
    await stella.send("/server", host="good.example", stance="limited", until="2099-01-31")
    await stella.send("/adopt")
    policy = await policy_of(home)
    assert (len(policy.peers), policy.peers["good.example"].until) == (401, 4_073_500_800_000)
    await stella.send("/mode", mode="allowlist")
    await stella.send("/adopt")
    assert (await policy_of(home)).default is Stance.HELD


async def test_what_happens_if_we_open(home: Running, peer: tuple[Peer, Member, str], stella: Guest) -> None:
    made = peer[0]
    await home.house.store.unit(set_stance, "peer.example", Stance.BLOCKED)
    await made.post(home, made.activity("Create", made.actor("bob"), made.note(made.actor("bob"), 2, "<p>x</p>")))
    await home.house.federation.ledger.flush()
    before = (await policy_of(home)).digest
    await stella.get(f"{PAGE}/if?host=Peer.example")
    assert "Keep out" in stella.text
    assert "What can't be undone" in stella.text
    assert "would have been let in freely" in stella.text
    assert (await policy_of(home)).digest == before
    admit = "//a[@href='/steward/federation/peer.example/admit']"
    assert stella.page.xpath(admit)
    await stella.send("/server", reason="a trial")
    await stella.send("/adopt")
    assert (await policy_of(home)).peers["peer.example"].stance is Stance.ALLOWED
    await stella.get(f"{PAGE}/if?host=peer.example")
    assert "let in already" in stella.text
    assert stella.page.xpath(admit)
    await stella.get(f"{PAGE}/why?about=peer.example")
    assert stella.page.xpath(admit)
    await stella.get(stella.page.xpath(admit)[0].get("href"))
    assert "What cannot be undone" in stella.text
    await stella.get(f"{PAGE}/if?host=no%20host", 422)
    await stella.get(f"{PAGE}/if?host=https://Peer.example/about")  # as it is pasted
    assert "If we open to peer.example" in stella.text


async def test_who_can_read_a_post(
    world: World, home: Running, peer: tuple[Peer, Member, str], stella: Guest, guest: MakeGuest
) -> None:
    _, ann, iri = peer
    await stella.get(f"{PAGE}/why?about={iri}")
    assert "Anyone, also on other servers" in stella.text
    assert "peer.example · for one person there" in stella.text
    assert "peer.example took it (202)." in stella.text
    assert SECRET not in stella.page.text_content()
    await stella.get(f"{PAGE}/why?about=peer.example")
    assert "The policy allows this server." in stella.text
    await home.house.store.unit(set_stance, "peer.example", Stance.BLOCKED)
    kept = (await ann.post("/api/v1/statuses", json={"status": SECRET, "visibility": "private"})).json()
    await world.settle()
    await stella.get(f"{PAGE}/why?about={kept['uri']}")
    assert "The people who follow @ann" in stella.text
    assert SECRET not in stella.page.text_content()


async def test_what_its_author_keeps_from_a_server_is_said_where_nothing_went(
    world: World, home: Running, peer: tuple[Peer, Member, str], stella: Guest
) -> None:
    ann, third = peer[1], Peer(world, "third.example")
    early = (await ann.post("/api/v1/statuses", json={"status": SECRET, "visibility": "private"})).json()["uri"]
    await third.post(home, third.activity("Follow", third.actor("zoe"), early.partition("/p/")[0]))
    await world.settle()
    await stella.get(f"{PAGE}/why?about={early}")
    assert "the policy would allow it" in stella.text
    await home.house.store.unit(keep, ann.account_id, "third.example")
    await stella.get(f"{PAGE}/why?about={early}")
    assert "The author keeps this server from her posts." in stella.text


async def test_a_member_sees_who_can_read_her_own(home: Running, stella: Guest, guest: MakeGuest) -> None:
    mira = guest(home)
    await mira.join("mira")
    await mira.send("/posts", text="Mine")
    post = mira.page.xpath("//span[@class='when']/a/@href")[0]
    await mira.get(post)
    path = mira.page.xpath("//a[contains(@href, '/readers')]/@href")[0]
    await mira.get(path)
    assert "Anyone, also on other servers." in mira.text
    assert "To no other server." in mira.text
    await stella.get(path, 404)
    await mira.get("/posts/1/readers", 404)
