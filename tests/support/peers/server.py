"""What all pretend servers have in common: they check signatures, answer Follows, know their followers, and act.

Every software's own documents, addresses and way of signing are in a module of its own beside this one. `Peer` stays the
plain tool for forged and broken requests; a `Server` behaves as its software does.
"""

import json
from collections import defaultdict
from itertools import count
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx

from tests.support.peer import AS, PUBLIC, Peer, Received, answer, body_of, key_number, pem_of
from tests.support.peers import signing
from tests.support.world import Running, World

Document = dict[str, Any]
SECURITY = "https://w3id.org/security/v1"


class Server(Peer):
    """One pretend server. `locked`: actors whose Follows wait; `refused`: paths of requests that were badly signed."""

    SOFTWARE: ClassVar[str] = ""
    VERSION: ClassVar[str] = ""
    CONTEXT: ClassVar[Any] = [AS, SECURITY]
    COVERED: ClassVar[list[str]] = ["(request-target)", "host", "date", "digest", "content-type"]
    GUARDED: ClassVar[bool] = False  # unsigned GETs are answered 401
    SHARED_INBOX: ClassVar[bool] = True
    KEY: ClassVar[str] = "#main-key"
    POST: ClassVar[str] = "Note"

    def __init__(self, world: World, host: str = "") -> None:
        super().__init__(world, host or f"{self.SOFTWARE}.example", self.SHARED_INBOX)
        self.scheme_out = "cavage"  # or rfc9421
        self.locked: set[str] = set()
        self.refused: list[str] = []
        self.followers: defaultdict[str, set[str]] = defaultdict(set)
        self.following: defaultdict[str, set[str]] = defaultdict(set)
        self.sent: list[Document] = []
        self.number = count(1)
        self.instance_actor = self.make_instance_actor()

    # Addresses: each software has its own.

    def person_iri(self, name: str) -> str:
        return f"{self.base}/users/{name}"

    def post_iri(self, author: str) -> str:
        return f"{author}/statuses/{next(self.number)}"

    def activity_iri(self, kind: str, actor: str, about: str) -> str:
        return f"{actor}#{kind.lower()}s/{next(self.number)}"

    def key_id(self, actor: str) -> str:
        return actor + self.KEY

    # Documents

    def add(self, iri: str, kind: str, name: str, /, **terms: Any) -> str:
        """Make an actor with a key, served at its IRI; a term given as None is left out."""
        self.keys[iri] = key_number(len(self.keys) % 3)
        key_id = self.key_id(iri)
        document: Document = {
            "@context": self.CONTEXT,
            "id": iri,
            "type": kind,
            "preferredUsername": name,
            "name": name.title(),
            "inbox": f"{iri}/inbox",
            "outbox": f"{iri}/outbox",
            "followers": f"{iri}/followers",
            "url": f"{self.base}/@{name}",
            "publicKey": {"id": key_id, "owner": iri, "publicKeyPem": pem_of(self.keys[iri])},
        }
        if self.shared_inbox:
            document["endpoints"] = {"sharedInbox": f"{self.base}/inbox"}
        made = {term: value for term, value in (document | terms).items() if value is not None}
        self.documents[urlsplit(iri).path] = made
        self.documents[f"handle {name}"] = iri
        return iri

    def person(self, name: str = "bob", /, **terms: Any) -> str:
        """Make a person; the IRI."""
        return self.add(self.person_iri(name), "Person", name, **terms)

    def make_instance_actor(self) -> str:
        """The actor that signs what no person does."""
        return self.add(f"{self.base}/actor", "Application", self.host)

    def composed(self, author: str, text: str, /, **terms: Any) -> Document:
        """A public post as this software writes it; `terms` are ActivityStreams terms that replace its own."""
        raise NotImplementedError(f"{self.SOFTWARE} has no posts")

    def serve(self, document: Document) -> Document:
        """Serve a document at its id."""
        context = {} if "@context" in document else {"@context": self.CONTEXT}
        self.documents[urlsplit(document["id"]).path] = context | document
        return document

    def mention(self, iri: str, name: str = "") -> Document:
        """A Mention tag."""
        return {"type": "Mention", "href": iri, "name": name or f"@{iri.rpartition('/')[2]}"}

    # Verbs: each sends at once and returns what was sent, or the post.

    async def follow(self, who: str, whom: str) -> Document:
        return await self.act("Follow", who, whom)

    async def accept(self, follow: Document) -> Document:
        self.followers[follow["object"]].add(follow["actor"])
        return await self.act("Accept", follow["object"], _bare(follow), to=[follow["actor"]])

    async def reject(self, follow: Document) -> Document:
        self.followers[follow["object"]].discard(follow["actor"])
        return await self.act("Reject", follow["object"], _bare(follow), to=[follow["actor"]])

    async def create(self, who: str, text: str, /, **terms: Any) -> Document:
        """Write a post, serve it and send its Create."""
        made = self.serve(self.composed(who, text, **terms))
        await self.send_created(who, made)
        return made

    async def send_created(self, who: str, made: Document) -> Document:
        wrapped = {"to": made["to"], "cc": made["cc"], "published": made.get("published")}
        return await self.act("Create", who, made, id=f"{made['id']}/activity", **wrapped)

    async def reply(self, who: str, to: Document, text: str, **terms: Any) -> Document:
        """Answer a post, whose author is named."""
        author = to["attributedTo"]
        named = {"inReplyTo": to["id"], "tag": [self.mention(author)]}
        return await self.create(who, text, **named, cc=[f"{who}/followers", author], **terms)

    async def edit(self, post: Document, text: str, **terms: Any) -> Document:
        """Change a post and send its Update."""
        changed = post | {"content": f"<p>{text}</p>", "updated": "2026-11-22T10:00:00Z"} | terms
        if "contentMap" in post:
            changed["contentMap"] = dict.fromkeys(post["contentMap"], changed["content"])
        self.serve(changed)
        await self.act("Update", post["attributedTo"], changed, to=changed["to"], cc=changed["cc"])
        return changed

    async def delete(self, post: Document) -> Document:
        """Delete a post; from now on it is a Tombstone."""
        grave = {"id": post["id"], "type": "Tombstone"}
        self.documents[urlsplit(post["id"]).path] = 410
        return await self.act("Delete", post["attributedTo"], grave, to=[PUBLIC])

    async def delete_actor(self, who: str) -> Document:
        """Delete an account: its document is gone for good."""
        sent = await self.act("Delete", who, who, to=[PUBLIC])
        self.documents[urlsplit(who).path] = 410
        return sent

    async def change_actor(self, who: str, **terms: Any) -> Document:
        """Change a profile and send its Update."""
        self.documents[urlsplit(who).path] |= terms
        return await self.act("Update", who, self.documents[urlsplit(who).path], to=[PUBLIC])

    async def like(self, who: str, what: str) -> Document:
        return await self.act("Like", who, what)

    async def boost(self, who: str, what: str, **terms: Any) -> Document:
        given = {"to": [PUBLIC], "cc": [f"{who}/followers"], "published": "2026-11-21T11:00:00Z"}
        return await self.act("Announce", who, what, **given | terms)

    async def undo(self, activity: Document) -> Document:
        """Take an activity back."""
        return await self.act("Undo", activity["actor"], _bare(activity), to=activity.get("to", [PUBLIC]))

    async def block(self, who: str, whom: str) -> Document:
        return await self.act("Block", who, whom, to=[whom])

    async def flag(self, who: str, whom: str, posts: list[str], reason: str) -> Document:
        """Report an account; most software names no reporter."""
        return await self.act("Flag", self.instance_actor, [whom, *posts], content=reason)

    async def vote(self, who: str, question: str, author: str, title: str) -> Document:
        """Vote in a poll of another server."""
        iri = f"{who}#votes/{next(self.number)}"
        note = {"id": iri, "type": "Note", "name": title, "attributedTo": who, "to": author, "inReplyTo": question}
        return await self.act("Create", who, note, id=f"{iri}/activity", to=author)

    async def move(self, who: str, target: str) -> Document:
        self.documents[urlsplit(who).path]["movedTo"] = target
        return await self.act("Move", who, who, target=target, to=[f"{who}/followers"])

    # Sending

    async def act(self, kind: str, actor: str, about: Any, **terms: Any) -> Document:
        """Make an activity and send it to whom it concerns; None leaves a term out."""
        iri = about if isinstance(about, str) else about["id"] if isinstance(about, dict) else about[0]
        activity = {
            "@context": self.CONTEXT,
            "id": self.activity_iri(kind, actor, iri),
            "type": kind,
            "actor": actor,
            "object": about,
        } | terms
        activity = {name: value for name, value in activity.items() if value is not None}
        self.sent.append(activity)
        await self.deliver(activity)
        return activity

    async def deliver(self, activity: Document) -> None:
        """Send to each instance that the activity names, and to those of the followers whom it addresses."""
        for domain, inbox in self.inboxes(activity).items():
            answer = await self.send(self.world.instances[domain], activity, inbox)
            assert answer.status_code in {200, 202}, (answer.status_code, answer.text)

    def inboxes(self, activity: Document) -> dict[str, str]:
        """The path of one inbox for each instance: the shared one, or that of an actor that is named."""
        actor = activity["actor"]
        named = [iri for iri in _iris(activity) if urlsplit(iri).netloc in self.world.instances]
        audience = json.dumps([activity.get("to"), activity.get("cc"), _audience(activity.get("object"))])
        unaddressed = not activity.get("to") and activity["type"] in {"Delete", "Update"}  # Misskey's
        if unaddressed or PUBLIC in audience or f"{actor}/followers" in audience:
            named += sorted(self.followers[actor])
        found: dict[str, str] = {}
        for iri in named:
            parts = urlsplit(iri)
            person = parts.path.partition("/p/")[0].removesuffix("/followers")
            found.setdefault(parts.netloc, "/inbox" if self.shared_inbox else f"{person}/inbox")
        return found

    async def send(self, to: Running, activity: Document, path: str = "/inbox") -> httpx.Response:
        """Sign as this software does and POST; with RFC 9421 first, a 401 is answered with the older scheme."""
        body = json.dumps(activity).encode()
        actor = activity["actor"]
        url = f"https://{to.domain}{path}"
        if self.scheme_out == "rfc9421":
            headers = {"Host": to.domain, "Content-Type": "application/activity+json"}
            headers |= signing.rfc9421(self.keys[actor], self.key_id(actor), "POST", url, body)
            answer = await to.client.post(url, content=body, headers=headers)
            if answer.status_code != 401:
                return answer
        change = {"names": self.COVERED, "key_id": self.key_id(actor)}
        return await self.post(to, activity, path, body=body, signer=actor, **change)

    async def look(self, of: Running, path: str, signer: str = "") -> httpx.Response:
        """A signed GET, by the instance actor if nobody else is named."""
        who = signer or self.instance_actor
        return await self.get(of, path, who, key_id=self.key_id(who))

    # Being a server

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await answer(send, *await self.served(scope, await body_of(receive)))

    async def served(self, scope: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer to a request."""
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        path, method = scope["path"], scope["method"]
        query = scope["query_string"].decode()
        url = f"{self.base}{path}" + (f"?{query}" if query else "")
        if method == "POST":
            if not await self._signed(method, url, headers, body):
                return 401, {}, b""
            activity = json.loads(body)
            self.received.append(Received(path, headers, activity, body))
            if self.answers:
                return self.answers.pop(0), {}, b""
            await self.hear(activity)
            return 202, {}, b""
        if self.GUARDED and not self._is_open(path) and not await self._signed(method, url, headers, body):
            return 401, {}, b""
        if path == "/.well-known/nodeinfo":
            link = {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": f"{self.base}/nodeinfo/2.0"}
            return 200, {"content-type": "application/json"}, json.dumps({"links": [link]}).encode()
        if path == "/nodeinfo/2.0":
            told = {"version": "2.0", "software": {"name": self.SOFTWARE, "version": self.VERSION}, "usage": {}}
            return 200, {"content-type": "application/json"}, json.dumps(told).encode()
        return self._answer(scope, body)

    def _is_open(self, path: str) -> bool:
        own = {urlsplit(self.instance_actor).path, urlsplit(self.key_id(self.instance_actor)).path}
        return (
            path in own
            or path.startswith(("/.well-known/", "/nodeinfo/"))
            or isinstance(self.documents.get(path), tuple)
        )

    async def _signed(self, method: str, url: str, headers: dict[str, str], body: bytes) -> bool:
        key_id = signing.key_id_of(headers)
        owner = await self._fetched(key_id.partition("#")[0]) if key_id else {}
        pem = owner.get("publicKey", owner).get("publicKeyPem", "")  # an actor, or a key at an address of its own
        right = bool(pem) and signing.is_right(pem, method, url, headers, body)
        if not right:
            self.refused.append(f"{method} {urlsplit(url).path}")
        return right

    async def _fetched(self, iri: str) -> Document:
        running = self.world.instances.get(urlsplit(iri).netloc)
        if running is None:
            return {}
        answer = await running.client.get(iri, headers={"Accept": "application/activity+json"})
        if answer.status_code == 401:
            answer = await self.look(running, iri)
        return answer.json() if answer.status_code == 200 else {}

    async def hear(self, activity: Document) -> None:
        """What an activity does here: Follows are answered, answers are remembered."""
        kind, about = activity["type"], activity.get("object")
        if kind == "Follow" and about in self.keys and about not in self.locked:
            await self.accept(activity)
        elif kind == "Accept" and isinstance(about, dict) and about.get("type") == "Follow":
            self.following[about["actor"]].add(activity["actor"])
        elif kind == "Reject" and isinstance(about, dict) and about.get("type") == "Follow":
            self.following[about["actor"]].discard(activity["actor"])
        elif kind == "Undo" and isinstance(about, dict) and about.get("type") == "Follow":
            self.followers[about["object"]].discard(activity["actor"])

    def heard(self, kind: str, inner: str = "") -> list[Document]:
        """What came of one kind (`inner`: of its object), oldest first."""
        bodies = [received.body for received in self.received if received.body["type"] == kind]
        return [body for body in bodies if not inner or _type(body.get("object")) == inner]

    def _webfinger(self, query: str) -> tuple[int, dict[str, str], bytes]:
        name = query.partition("acct:")[2].replace("%40", "@").partition("@")[0]
        iri = self.documents.get(f"handle {name}")
        if iri is None:
            return 404, {}, b""
        kind = self.documents[urlsplit(iri).path]["type"]
        link = {"rel": "self", "type": "application/activity+json", "href": iri}
        link |= {"properties": {f"{AS}#type": kind}} if kind == "Group" else {}
        made = {"subject": f"acct:{name}@{self.host}", "aliases": [iri], "links": [link]}
        return 200, {"content-type": "application/jrd+json"}, json.dumps(made).encode()


def _bare(activity: Document) -> Document:
    return {name: value for name, value in activity.items() if name != "@context"}


def _type(about: Any) -> str:
    return str(about.get("type")) if isinstance(about, dict) else ""


def _audience(about: Any) -> Any:
    return [about.get("to"), about.get("cc")] if isinstance(about, dict) else None


def _iris(value: Any) -> list[str]:
    """Every IRI anywhere in an activity's addressing, object and target."""
    if isinstance(value, str):
        return [value] if value.startswith("https://") else []
    if isinstance(value, list):
        return [iri for item in value for iri in _iris(item)]
    if isinstance(value, dict):
        terms = ("to", "cc", "audience", "object", "target", "inReplyTo", "href", "tag")
        return [iri for term in terms for iri in _iris(value.get(term))]
    return []
