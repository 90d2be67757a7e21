"""`/policy`: open, signed by the Application, linked from everywhere, never valid for more than 92 days."""

import dataclasses
from typing import Any

import pytest

from federation.endpoints.policy import PERIOD
from federation.signatures import keys
from federation.signatures.proofs import is_right, owner_of, read
from federation.vocab.processor import jsonld
from instance.db.unit import Unit
from instance.policy.adopt import adopt, set_stance
from instance.policy.inforce import in_force_here
from policies import claims, published
from policies.leaving import Requirement
from policies.peers import Stance
from policies.purposes import Assurance, Ending, Measure, Purpose, StaffAccess, Use
from policies.sections import Promises, Retention
from tests.support.world import Running, World

JSON = {"Accept": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'}
LINK = '<https://a.example/policy>; rel="privacy-policy"'
FULL = Promises(
    authorized_fetch=True,
    staff_access=StaffAccess.LOGGED_AND_DISCLOSED,
    max_lease=72,
    erasure_within=24,
    breach_notice_within=48,
    measures=frozenset(Measure) - {Measure.END_TO_END_ENCRYPTION},
    never=frozenset(Use),
    never_disclosed_for=frozenset({Purpose.SALE}),
    members_only=True,
    deleted_after=frozenset(Ending),
    jurisdiction=frozenset({"DE"}),
)


def promise(u: Unit) -> None:
    """Adopt a policy that says something in every term."""
    asks = Requirement(
        assurance=Assurance.PROBED, max_retention=24, never=frozenset(Use), jurisdiction=frozenset({"EU"})
    )
    document = in_force_here(u.connection)
    adopt(u, dataclasses.replace(document, promises=FULL, requirement=asks, retention=Retention(720, 24, 24)), "test")


async def policy_of(home: Running) -> dict[str, Any]:
    answer = await home.client.get("/policy", headers=JSON)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/activity+json")
    document: dict[str, Any] = answer.json()
    return document


async def test_anyone_reads_a_signed_policy(home: Running) -> None:
    document = await policy_of(home)
    assert (document["id"], document["attributedTo"]) == ("https://a.example/policy", "https://a.example/actor")
    assert document["type"] == ["PrivacyPolicy", "odrl:Offer"]
    actor = (await home.client.get("/actor", headers=JSON)).json()
    assert actor["privacyPolicy"] == document["id"]
    [method] = actor["assertionMethod"]
    proof = read(document)
    assert (proof.method, owner_of(proof.method)) == (method["id"], actor["id"])
    assert is_right(proof, keys.load_multibase(method["publicKeyMultibase"]), home.house.site.clock.now())
    tampered = {**document, "authorizedFetch": not document["authorizedFetch"]}
    assert not is_right(read(tampered), keys.load_multibase(method["publicKeyMultibase"]), home.house.site.clock.now())


async def test_each_term_means_something_to_a_processor_of_json_ld(home: Running) -> None:
    await home.house.store.unit(promise)
    document = await policy_of(home)
    [expanded] = jsonld.expand(document)
    text = str(expanded)
    assert "_:" not in text
    for iri in (
        "dpv#EncryptionAtRest",
        "odrl/2/prohibition",
        "ns#staffAccess",
        "ns#loggedAndDisclosed",
        "ns#probed",
        "dpv/ai#ModelTraining",
    ):
        assert iri in text
    assert len(expanded) == len(document) - 1  # all but the context
    dpv, odrl = "https://w3id.org/dpv", "http://www.w3.org/ns/odrl/2/"
    assert expanded[f"{dpv}#hasJurisdiction"] == [{"@id": f"{dpv}/loc#DE"}]  # a place of DPV, not a text
    assert expanded[f"{odrl}assigner"] == [
        {"@id": document["attributedTo"]}
    ]  # an Offer has one, and is about something
    assert expanded[f"{odrl}target"] == [{"@id": "https://w3id.org/skerry/ns#DataOfOthers"}]
    kept = expanded[f"{odrl}permission"][0][f"{odrl}constraint"][0]
    assert kept[f"{odrl}leftOperand"] == [{"@id": f"{odrl}elapsedTime"}]
    assert kept[f"{odrl}rightOperand"] == [{"@type": "http://www.w3.org/2001/XMLSchema#duration", "@value": "P30D"}]
    [actor] = jsonld.expand((await home.client.get("/actor")).json())
    assert actor["https://w3id.org/skerry/ns#privacyPolicy"] == [{"@id": document["id"]}]


async def test_a_browser_is_sent_to_the_page(home: Running) -> None:
    answer = await home.client.get("/policy", headers={"Accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["location"]) == (303, "https://a.example/privacy")
    assert "Accept" in answer.headers["vary"]


@pytest.mark.parametrize("path", ["/", "/about", "/privacy", "/nothing-here"])
async def test_every_page_names_the_policy_first(home: Running, path: str) -> None:
    answer = await home.client.get(path, headers={"Accept": "text/html"})
    assert answer.headers.get_list("link")[0] == LINK


async def test_the_first_page_names_it_whoever_asks(home: Running) -> None:
    assert (await home.client.get("/", headers=JSON)).headers.get_list("link")[0] == LINK
    assert (await home.client.get("/nodeinfo/2.1")).json()["metadata"]["privacyPolicy"] == "https://a.example/policy"
    assert "link" not in (await home.client.get("/api/v1/instance")).headers


async def test_dates_move_on_and_what_is_agreed_stays(world: World, home: Running) -> None:
    first = await policy_of(home)
    assert await policy_of(home) == first
    await home.house.store.unit(set_stance, "bad.example", Stance.BLOCKED, "spam")
    second = await policy_of(home)
    assert second["policyVersion"] > first["policyVersion"]
    assert "bad.example" not in str(second)
    world.clock.turn(PERIOD)
    third = await policy_of(home)
    assert third["validUntil"] > second["validUntil"]
    assert published.terms_digest(first) == published.terms_digest(second) == published.terms_digest(third)
    now = home.house.site.clock.now()
    understood = claims.read(third, proven=True)
    assert understood.faults == frozenset()
    assert understood.valid_from <= now < understood.valid_until <= understood.valid_from + published.LONGEST_VALIDITY
    await home.house.store.unit(promise)
    assert published.terms_digest(await policy_of(home)) != published.terms_digest(third)
