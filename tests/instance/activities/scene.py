"""A place for tests of consent: Anna here, xeno elsewhere whose rules ask for a yes, and who wants something of them."""

from pathlib import Path
from typing import Any

from tests.journeys.walk import write
from tests.support.make import Member
from tests.support.peer import AS, PUBLIC, Peer
from tests.support.world import Running, World

RECORDED = Path(__file__).parents[2] / "federation" / "peers"
GTS = ["https://gotosocial.org/ns", AS]


class Scene:
    """Anna here; xeno, whose rules ask for a yes, at x.example; yan, who answers, at y.example; evil at z.example."""

    def __init__(self, world: World, here: Running, anna: Member) -> None:
        self.world, self.here, self.anna = world, here, anna
        self.x, self.y, self.z = (Peer(world, f"{name}.example") for name in "xyz")
        self.xeno = self.x.actor("xeno")
        self.yan = self.y.actor("yan", number=1)
        self.evil = self.z.actor("evil", number=2)

    def rules(self, **kinds: tuple[list[str], list[str]]) -> dict[str, Any]:
        """An interactionPolicy: can…=(automatic, manual)."""
        said = {}
        for name, (automatic, manual) in kinds.items():
            said[name] = {"automaticApproval": automatic, "manualApproval": manual}
        return {"interactionPolicy": said}

    async def send(self, peer: Peer, activity: dict[str, Any]) -> None:
        answer = await peer.post(self.here, activity)
        assert answer.status_code == 202, answer.text
        await self.world.settle()

    async def post(self, number: int = 1, text: str = "Ask me", **terms: Any) -> dict[str, Any]:
        """A post of xeno's that arrives here: whoever wants to reply asks."""
        note = self.x.note(self.xeno, number, f"<p>{text}</p>", **({**self.asks()} | terms))
        await self.send(self.x, self.x.activity("Create", self.xeno, note, number))
        return note

    def asks(self) -> dict[str, Any]:
        return self.rules(canReply=([self.xeno], [PUBLIC]))

    def stamp(self, number: int, interacting: str, target: str, kind: str = "Reply", **terms: Any) -> str:
        """An authorization at xeno's server."""
        iri = f"{self.xeno}/approvals/{number}"
        made = {"@context": GTS, "id": iri, "type": f"{kind}Authorization", "attributedTo": self.xeno}
        made |= {"interactingObject": interacting, "interactionTarget": target} | terms
        self.x.documents[f"/users/xeno/approvals/{number}"] = made
        return iri

    async def reply(self, target: str, number: int = 1, **terms: Any) -> dict[str, Any]:
        """A reply of yan's that arrives here."""
        note = self.y.note(self.yan, number, "<p>Well</p>", **({"inReplyTo": target} | terms))
        again = terms.get("approvedBy", "")[-1:]
        await self.send(self.y, self.y.activity("Create", self.yan, note, f"{number}{again}"))
        return note

    async def shown(self, iri: str) -> bool:
        """Whether Anna finds a post."""
        found = await self.anna.get("/api/v2/search", params={"q": iri, "type": "statuses"})
        return bool(found.json()["statuses"])


def sent(peer: Peer, kind: str) -> list[dict[str, Any]]:
    return [one.body for one in peer.received if one.body["type"] == kind]


async def ours(scene: Scene, **terms: Any) -> dict[str, Any]:
    """A post of Anna's that asks who replies to wait for her yes."""
    policy = {"can_reply": {"always": ["author"], "with_approval": ["public"]}}
    return await write(
        scene.world, scene.anna, "Ask Anna", visibility="public", **({"interaction_policy": policy} | terms)
    )
