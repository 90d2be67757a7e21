"""Recorded exchanges of real servers, sent to us again: their actors and objects are served, with keys of the test's own.

Each file in `data/` holds documents, each served at its own id, and activities by name, as they were seen on the wire
(GoToSocial 0.20, Takahe of August 2024, PieFed 1.6.6, NodeBB 4.15.1), without their signatures.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.peer import Peer, key_number, pem_of
from tests.support.world import Running, World

DATA = Path(__file__).parent / "data"


class Recorded:
    """The servers of one file. `ours`: addresses of the recording that stand for ones of ours."""

    def __init__(self, world: World, name: str, ours: dict[str, str] | None = None) -> None:
        text = (DATA / f"{name}.json").read_text()
        for theirs in sorted(ours or {}, key=len, reverse=True):
            text = text.replace(theirs, (ours or {})[theirs])
        read = json.loads(text)
        self.world = world
        self.steps: dict[str, Any] = read["steps"]
        self.peers: dict[str, Peer] = {}
        self.key_ids: dict[str, str] = {}
        for document in read["documents"]:
            self.serve(document)

    def serve(self, document: dict[str, Any]) -> None:
        """Serve a document at its id; an actor gets a key."""
        parts = urlsplit(document["id"])
        peer = self.peers.get(parts.netloc) or Peer(self.world, parts.netloc)
        self.peers[parts.netloc] = peer
        if "publicKey" in document:
            peer.keys[document["id"]] = key_number(0)
            document["publicKey"]["publicKeyPem"] = pem_of(key_number(0))
            key_id = self.key_ids[document["id"]] = document["publicKey"]["id"]
            if "#" not in key_id:  # GoToSocial serves a stub of the actor there
                stub = {name: document[name] for name in ("@context", "id", "type", "preferredUsername", "publicKey")}
                peer.documents[urlsplit(key_id).path] = stub
        peer.documents[parts.path] = document

    async def send(self, to: Running, *steps: str) -> None:
        """Send activities, one after the other; all work is done after each."""
        for step in steps:
            activity = self.steps[step]
            actor = activity["actor"]
            peer = self.peers[urlsplit(actor).netloc]
            answer = await peer.post(to, activity, signer=actor, key_id=self.key_ids[actor])
            assert answer.status_code == 202, (step, answer.status_code, answer.text)
            await self.world.settle()

    def sent_to(self, host: str) -> list[dict[str, Any]]:
        """What we sent to a host."""
        return [received.body for received in self.peers[host].received]

    async def accept(self, to: Running, target: str) -> None:
        """Say yes to the Follow that we sent last, in the form that the recording has."""
        host = urlsplit(target).netloc
        asked = [body for body in self.sent_to(host) if body["type"] == "Follow"][-1]
        context = "https://www.w3.org/ns/activitystreams"
        self.steps["accept"] = {"@context": context, "id": f"{target}#accepts/1", "type": "Accept", "actor": target}
        self.steps["accept"]["object"] = {name: value for name, value in asked.items() if name != "@context"}
        await self.send(to, "accept")
