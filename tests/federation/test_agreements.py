"""Offer, Accept and Reject of a FederationAgreement, as the samples have them; whatever does not hold has no effect."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from federation.schema import inbox_activity
from federation.signatures import keys
from federation.signatures.proofs import is_right, read
from federation.vocab.processor import jsonld
from instance.agreements import agreements, rows, trust
from policies.purposes import Assurance
from tests.journeys.pledges import KEPT, ask, level, promise, state, with_peer
from tests.support.pretend_skerry import DAY, PretendSkerry, moment, terms_digest
from tests.support.world import Running, World

HOST = "liar.example"
JSON = {"Accept": "application/activity+json"}


async def _policy(running: Running) -> dict[str, Any]:
    found: dict[str, Any] = (await running.client.get("/policy", headers=JSON)).json()
    return found


async def _key(running: Running) -> Any:
    [method] = (await running.client.get("/actor", headers=JSON)).json()["assertionMethod"]
    return keys.load_multibase(method["publicKeyMultibase"])


async def _offered(world: World, a: Running, peer: PretendSkerry) -> dict[str, Any]:
    """A offers; the Offer as it came to the peer."""
    await a.house.store.unit(lambda u: agreements.draft(u, HOST, by="ada"))
    await world.settle()
    return peer.received("Offer")[-1]


async def _post(world: World, peer: PretendSkerry, a: Running, said: dict[str, Any], **change: Any) -> None:
    answer = await peer.peer.post(a, said, **change)
    assert answer.status_code == 202
    await world.settle()


async def test_we_offer_and_the_peer_accepts(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    offer = await _offered(world, a, peer)
    about = offer["object"]
    assert (offer["type"], offer["actor"], offer["to"]) == ("Offer", "https://a.example/actor", [peer.application])
    assert offer["id"] == about["id"] + "/offer"
    assert about["type"] == ["FederationAgreement", "odrl:Agreement"]
    assert (about["assigner"], about["assignee"]) == ("https://a.example/actor", peer.application)
    assert (about["privacyPolicy"], about["policyDigest"]) == (peer.iri, terms_digest(peer.peer.documents["/policy"]))
    assert about["assignerPolicyDigest"] == terms_digest(await _policy(a))
    assert is_right(read(offer), await _key(a), peer.now)
    assert "_:" not in str(jsonld.expand(offer))
    assert (await state(a, HOST), await level(a, HOST)) == ("offered", "claimed")
    accept = peer.accept(offer)
    await _post(world, peer, a, accept)
    assert (await state(a, HOST), await level(a, HOST)) == ("accepted", "agreed")
    [kept] = await with_peer(a, HOST)
    assert rows.document(kept.offer) == offer
    assert rows.document(kept.answer)["proof"] == accept["proof"]


async def test_the_peer_offers_and_a_steward_accepts(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    offer = peer.offer(a, await _policy(a))
    await _post(world, peer, a, offer)
    assert (await state(a, HOST), await level(a, HOST)) == ("received", "claimed")
    [waiting] = await with_peer(a, HOST)
    assert peer.received("Accept") == []
    await a.house.store.unit(lambda u: agreements.accept(u, waiting.id, by="ada"))
    await world.settle()
    [accept] = peer.received("Accept")
    assert (accept["object"], accept["result"], accept["actor"]) == (
        offer["id"],
        offer["object"]["id"],
        "https://a.example/actor",
    )
    assert accept["policyDigest"] == terms_digest(peer.peer.documents["/policy"])
    assert is_right(read(accept), await _key(a), peer.now)
    assert (await state(a, HOST), await level(a, HOST)) == ("accepted", "agreed")
    await _post(world, peer, a, offer)  # a replay
    assert len(await with_peer(a, HOST)) == 1


async def test_a_steward_says_no(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    offer = peer.offer(a, await _policy(a))
    await _post(world, peer, a, offer)
    [waiting] = await with_peer(a, HOST)
    await a.house.store.unit(lambda u: agreements.reject(u, waiting.id, by="ada"))
    await world.settle()
    [said] = peer.received("Reject")
    assert (said["object"], said["reasonCode"]) == (offer["id"], "skerry:refused")
    assert (await state(a, HOST), await level(a, HOST)) == ("rejected", "claimed")


WRONG_OFFERS: dict[str, dict[str, Any]] = {
    "digest of other terms": {"about": {"policyDigest": "sha-256:" + "0" * 64}},
    "for somebody else": {"about": {"assignee": "https://c.example/actor"}},
    "of another policy": {"about": {"privacyPolicy": "https://a.example/other"}},
    "by somebody else": {"about": {"assigner": "https://c.example/actor"}},
    "of another origin": {"about": {"id": "https://c.example/agreements/1"}},
    "over already": {"about": {"validUntil": moment(DAY)}},
    "without end": {"about": {"validUntil": None}},
    "for ever": {"about": {"validUntil": "2100-01-01T00:00:00Z"}},
    "bound to other terms of its own": {"about": {"assignerPolicyDigest": "sha-256:" + "1" * 64}},
    "of something else": {"about": {"type": "Note"}},
}


@pytest.mark.parametrize("name", WRONG_OFFERS)
async def test_an_offer_that_does_not_hold_has_no_effect(world: World, name: str) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    await _post(world, peer, a, peer.offer(a, await _policy(a), **WRONG_OFFERS[name]))
    assert await with_peer(a, HOST) == []


@pytest.mark.parametrize("forgery", ["no proof", "changed", "stranger's key", "another's key"])
async def test_an_offer_with_a_forged_proof_has_no_effect(world: World, forgery: str) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    offer = peer.offer(a, await _policy(a))
    bare = {name: value for name, value in offer.items() if name != "proof"}
    match forgery:
        case "no proof":
            offer = bare
        case "changed":
            offer["object"]["validUntil"] = moment(peer.now + 80 * DAY)
        case "stranger's key":
            offer = peer.proven(bare, key=Ed25519PrivateKey.generate())
        case _:
            offer = peer.proven(bare, method="https://c.example/actor#ed25519")
    await _post(world, peer, a, offer)
    assert await with_peer(a, HOST) == []


async def test_an_offer_by_a_member_of_the_peer_has_no_effect(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    offer = peer.offer(a, await _policy(a), actor=peer.canary, about={"assigner": peer.canary})
    await _post(world, peer, a, offer)
    assert await with_peer(a, HOST) == []


async def test_an_offer_bound_to_our_policy_as_it_is_served_is_understood(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    policy = await _policy(a)
    for number, kept in enumerate((policy, {name: value for name, value in policy.items() if name != "proof"}), 1):
        await _post(world, peer, a, peer.offer(a, policy, number, about={"policyDigest": rows.whole_digest(kept)}))
        found = await with_peer(a, HOST)
        assert (found[0].state, found[0].our_digest) == ("received", terms_digest(policy))


async def test_an_accept_by_a_third_party_or_twice_or_of_nothing_has_no_effect(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    third = PretendSkerry(world, "third.example")
    offer = await _offered(world, a, peer)
    await _post(world, third, a, third.accept(offer))
    await _post(world, peer, a, peer.accept({**offer, "id": "https://a.example/agreements/liar.example/99/offer"}))
    await _post(world, peer, a, {**peer.activity("Accept", offer, "member", offer["actor"]), "actor": peer.canary})
    assert (await state(a, HOST), await state(a, "third.example")) == ("offered", "none")
    await _post(world, peer, a, peer.accept(offer, 2))
    assert await state(a, HOST) == "accepted"
    await a.house.store.unit(lambda u: agreements.end(u, HOST, by="ada"))
    await _post(world, peer, a, peer.accept(offer, 3))
    assert (await state(a, HOST), await level(a, HOST)) == ("ended (ended-by-us)", "claimed")


@pytest.mark.parametrize("wrong", ["proof", "digest", "agreement", "our policy", "its policy", "late"])
async def test_an_accept_that_does_not_hold_has_no_effect(world: World, wrong: str) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    offer = await _offered(world, a, peer)
    accept = peer.accept(offer)
    match wrong:
        case "proof":
            accept["canary"] = f"{peer.peer.base}/users/else"
        case "digest":
            accept = peer.accept(offer, policyDigest="sha-256:" + "2" * 64)
        case "agreement":
            accept = peer.accept(offer, result="https://a.example/agreements/liar.example/7")
        case "our policy":
            await promise(a, KEPT)
        case "its policy":
            peer.publish(erasureWithin=None)
        case _:
            world.clock.turn(61 * DAY)
            peer.publish()
            accept = peer.accept(offer)
    await _post(world, peer, a, accept)
    assert (await state(a, HOST)).partition(" ")[0] in {"offered", "void", "ended"}
    assert await level(a, HOST) != "agreed"


async def test_the_peer_ends_it_or_takes_its_offer_back(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    third = PretendSkerry(world, "third.example")
    offer = await _offered(world, a, peer)
    await _post(world, peer, a, peer.accept(offer))
    await _post(world, third, a, third.activity("Reject", offer["id"], "no", offer["actor"]))
    assert await state(a, HOST) == "accepted"
    await _post(world, peer, a, peer.activity("Reject", offer["id"], "no", offer["actor"]))
    assert (await state(a, HOST), await level(a, HOST)) == ("ended (ended-by-peer)", "claimed")
    theirs = peer.offer(a, await _policy(a), 2)
    await _post(world, peer, a, theirs)
    assert await state(a, HOST) == "received"
    undone = {"id": theirs["id"], "type": "Offer", "actor": peer.application}
    await _post(world, peer, a, peer.activity("Undo", undone, "undo", offer["actor"]))
    assert (await state(a, HOST)).startswith("ended")


async def test_a_no_is_told_by_its_code_alone(world: World) -> None:
    """Stewards read the reason as a sentence of ours: a peer may give the code, not the words."""
    a, peer = await world.instance(), PretendSkerry(world)
    offer = await _offered(world, a, peer)
    no = peer.activity("Reject", offer["id"], "no", offer["actor"]) | {
        "reasonCode": "withdrawn:" + "Pay us first. " * 50
    }
    await _post(world, peer, a, no)
    assert await state(a, HOST) == "rejected (withdrawn)"


async def test_what_is_offered_must_be_promised(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    await ask(a, Assurance.AGREED)
    peer.publish(authorizedFetch=False, prohibition=[])
    await a.house.store.unit(lambda u: agreements.draft(u, HOST, by="ada"))
    await world.settle()
    assert await state(a, HOST) == "failed (unsatisfied:authorizedFetch,prohibition)"
    assert peer.received("Offer") == []


async def test_an_agreement_ends_with_its_time(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    await _post(world, peer, a, peer.accept(await _offered(world, a, peer)))
    assert await level(a, HOST) == "agreed"
    world.clock.turn(59 * DAY)
    peer.publish()
    await a.house.store.unit(trust.want, HOST)
    await world.settle()
    assert await level(a, HOST) == "agreed"
    world.clock.turn(2 * DAY)
    await a.house.store.unit(trust.run_out)
    assert (await state(a, HOST), await level(a, HOST)) == ("void (expired)", "claimed")


async def test_each_document_is_read_by_whom_it_concerns_only(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    third = PretendSkerry(world, "third.example")
    offer = await _offered(world, a, peer)
    for iri in (offer["id"], offer["object"]["id"]):
        assert (await a.client.get(iri, headers=JSON)).status_code == 401
        assert (await peer.peer.get(a, iri, peer.application)).json()["id"] == iri
        assert (await third.peer.get(a, iri, third.application)).status_code == 404


async def test_nothing_of_it_is_kept_where_it_may_not_be_tried_again(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    await _post(world, peer, a, peer.offer(a, await _policy(a), about={"policyDigest": "sha-256:0"}))
    kept = await a.house.store.read(lambda c: c.execute(select(inbox_activity.c.state, inbox_activity.c.body)).all())
    assert [(row.state, row.body) for row in kept] == [("ignored", None)]
