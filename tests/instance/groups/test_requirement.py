"""What a group asks of servers: set by its moderators, linked by the group, published signed, compared with what peers promise."""

from typing import Any

from federation.signatures import keys
from federation.signatures.proofs import is_right, read
from federation.vocab.processor import jsonld
from instance.agreements import satisfaction, trust
from instance.groups import groups
from policies.asked import from_linked
from policies.purposes import Assurance, Use
from tests.journeys.pledges import ask
from tests.support.members import Acting, member
from tests.support.pretend_skerry import PretendSkerry
from tests.support.world import Running, World

TEXT = 'assurance = "claimed"\nauthorized_fetch = true\nerasure_within = "48 hours"\nnever = ["index", "profiling"]\n'
JSON = {"Accept": "application/activity+json"}


async def _group(world: World) -> tuple[Running, Acting, str]:
    a = await world.instance("a.example")
    mona = await member(a, "mona")
    group_id = await a.house.store.unit(lambda u: groups.create(u, "lupus", "Lupus", created_by=mona.account_id))
    await world.settle()
    row = await a.house.store.read(groups.by_name, "lupus")
    assert row.id == group_id
    return a, mona, row.iri


async def _post(who: Acting, text: str) -> Any:
    cookie = "; ".join(f"{name}={value}" for name, value in who.cookies.items())
    values = {"csrf": who.csrf, "text": text}
    return await who.running.client.post("/groups/lupus/asks", data=values, headers={"Cookie": cookie})


async def test_a_moderator_sets_it_and_every_server_reads_it(world: World) -> None:
    a, mona, iri = await _group(world)
    peer = PretendSkerry(world)
    assert (await _post(mona, TEXT)).status_code == 303
    group = (await peer.peer.get(a, iri, peer.application)).json()
    assert group["requires"] == f"{iri}/requires/1"
    assert "https://w3id.org/skerry/ns#requires" in str(jsonld.expand(group))
    found = (await peer.peer.get(a, group["requires"], peer.application)).json()
    assert (found["id"], found["attributedTo"]) == (group["requires"], iri)
    assert found["type"] == ["PolicyRequirement", "odrl:Request"]
    [method] = (await a.client.get("/actor", headers=JSON)).json()["assertionMethod"]
    assert read(found).method == method["id"]
    assert is_right(read(found), keys.load_multibase(method["publicKeyMultibase"]), peer.now)
    asked, faults = from_linked(found)
    assert (asked.assurance, asked.erasure_within, asked.never, faults) == (
        Assurance.CLAIMED, 48, frozenset({Use.INDEX, Use.PROFILING}), frozenset(),
    )  # fmt: skip
    assert (await a.client.get(group["requires"], headers=JSON)).status_code == 401
    assert (await peer.peer.get(a, f"{iri}/requires/2", peer.application)).status_code == 404
    assert (await _post(mona, TEXT.replace("48", "24"))).status_code == 303
    assert (await peer.peer.get(a, iri, peer.application)).json()["requires"] == f"{iri}/requires/2"
    assert (await peer.peer.get(a, f"{iri}/requires/1", peer.application)).json() == found


async def test_what_a_peer_fails_is_kept_to_be_shown(world: World) -> None:
    a, mona, iri = await _group(world)
    PretendSkerry(world)
    await a.house.store.unit(trust.want, "liar.example")
    await world.settle()
    await _post(mona, TEXT)
    await world.settle()
    [row] = await a.house.store.read(satisfaction.answers_for, "liar.example")
    assert (row.requirement, row.ours, row.ok, row.failed) == (f"{iri}/requires/1", True, False, ["prohibition"])


async def test_only_moderators_and_stewards_set_it(world: World) -> None:
    a, _, _ = await _group(world)
    assert (await _post(await member(a, "mia"), TEXT)).status_code == 404
    assert (await _post(await member(a, "stella", role="steward"), TEXT)).status_code == 303


async def test_a_group_asks_no_less_than_its_server(world: World) -> None:
    a, mona, _ = await _group(world)
    await ask(a, Assurance.AGREED)
    answer = await _post(mona, TEXT)
    assert answer.status_code == 422
    assert "A group can&#39;t ask less than its server" in answer.text
    assert "assurance, erasure_receipts" in answer.text


async def test_what_is_no_requirement_is_refused_with_its_line(world: World) -> None:
    _, mona, _ = await _group(world)
    for text, said in {
        'assurance = "agreed"\nshouting = true': "line 2",
        'assurance = "some"': "line 1",
        "authorized_fetch = true": "without a level of assurance nothing is asked",
        "= nonsense": "line 1: the document: this is not TOML",
    }.items():
        answer = await _post(mona, text)
        assert answer.status_code == 422
        assert said in answer.text
