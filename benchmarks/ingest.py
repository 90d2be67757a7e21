"""Signed Creates per second of the instance's CPU, from the POST until they show in a home timeline.

    .venv/bin/python -m benchmarks.ingest [sqlite|postgresql ...] [--port 18362] [--posts 2000]

A reader follows 20 people on another server. They write 2,000 posts of about 2.4 KB (text, mention, tag, picture, as
Mastodon writes them); each is signed with RSA-2048 and sent to the shared inbox, 16 at once. The clock stops when the
last one shows in the reader's home. Counted is all CPU of the instance: verifying, storing, processing, fan-out.
"""

import argparse
import asyncio
import json
import time
from typing import Any

import httpx

from benchmarks.served import Served, served
from benchmarks.wire import Peers, peers, post_all

AUTHORS = 20
TEXT = "<p>" + "Today the walk to the lake went well, better than last week, and the new inhaler helps. " * 5 + "</p>"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def create(author: str, number: int) -> dict[str, Any]:
    """A Create as Mastodon writes it."""
    iri = f"{author}/statuses/{number}"
    audience = {"to": [PUBLIC], "cc": [f"{author}/followers"]}
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 400_000 + number))
    host = author.partition("/users/")[0]
    note = {
        "id": iri,
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": when,
        "url": f"{author.replace('/users/', '/@')}/{number}",
        "attributedTo": author,
        **audience,
        "sensitive": False,
        "atomUri": iri,
        "inReplyToAtomUri": None,
        "conversation": f"tag:peer.example,2026-11-22:objectId={number}:objectType=Conversation",
        "content": f"{TEXT}<p>{number} <a href='{host}/tags/walk' class='mention hashtag' rel='tag'>#<span>walk</span></a></p>",
        "contentMap": {"en": TEXT},
        "attachment": [
            {
                "type": "Document",
                "mediaType": "image/jpeg",
                "url": f"{host}/media/{number}.jpg",
                "name": "A lake in the morning, with mist over the water and two ducks",
                "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
                "width": 1200,
                "height": 800,
            }
        ],
        "tag": [{"type": "Hashtag", "href": f"{host}/tags/walk", "name": "#walk"}],
        "replies": {"id": f"{iri}/replies", "type": "Collection", "first": f"{iri}/replies?page=true"},
    }
    return {"id": f"{iri}/activity", "type": "Create", "actor": author, "published": when, **audience, "object": note}


def follow_all(instance: Served, authors: list[str], token: str) -> None:
    """The reader follows the authors, and they accept."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=instance.url, headers=headers, timeout=30) as http:
        for author in authors:
            found = http.get("/api/v2/search", params={"q": author, "resolve": "true", "type": "accounts"}).json()
            followed = http.post(f"/api/v1/accounts/{found['accounts'][0]['id']}/follow")
            followed.raise_for_status()


def accept_all(instance: Served, sender: Peers, authors: list[str], token: str, inbox: str = "") -> None:
    """Their answers to the Follows, sent to an inbox (the shared one)."""
    headers = {"Authorization": f"Bearer {token}"}
    me = httpx.get(f"{instance.url}/api/v1/accounts/verify_credentials", headers=headers).json()
    own = httpx.get(
        f"{instance.url}/.well-known/webfinger", params={"resource": f"acct:{me['username']}@{host(instance)}"}
    )
    iri = next(link["href"] for link in own.json()["links"] if link["rel"] == "self")
    end = time.monotonic() + 60
    while len(ids := sender.follows()) < len(authors):
        assert time.monotonic() < end, "the authors were not all asked"
        time.sleep(0.2)
    answers = [
        {"id": f"{a}/accept", "type": "Accept", "actor": a, "to": iri}
        | {"object": {"id": ids[a], "type": "Follow", "actor": iri, "object": a}}
        for a in authors
    ]
    sender.send(inbox or f"{instance.url}/inbox", answers)


def host(instance: Served) -> str:
    return instance.url.partition("://")[2]


def newest(instance: Served, token: str) -> str:
    """The addresses of the newest posts at home."""
    shown = httpx.get(f"{instance.url}/api/v1/timelines/home?limit=40", headers={"Authorization": f"Bearer {token}"})
    return " ".join(status["uri"] for status in shown.json())


def wait_for(number: int, instance: Served, token: str) -> None:
    """Until the post with this number shows at home."""
    end = time.monotonic() + 300
    while f"/statuses/{number} " not in newest(instance, token) + " ":
        assert time.monotonic() < end, "the last post does not show"
        time.sleep(0.5)


def measure(kind: str, port: int, posts: int) -> dict[str, object]:
    """One run on one kind of database."""
    with peers(port + 1, 1, tls=False) as sender, served(kind, port) as instance:
        token = instance.token("reader")
        authors = [f"{sender.bases[0]}/users/author{number}" for number in range(AUTHORS)]
        follow_all(instance, authors, token)
        accept_all(instance, sender, authors, token)
        inbox = f"{instance.url}/inbox"
        sender.send(inbox, [create(authors[n % AUTHORS], n) for n in range(100)])
        wait_for(99, instance, token)
        made = [create(authors[n % AUTHORS], 1000 + n) for n in range(posts)]
        size = len(json.dumps(made[0]))
        requests = [sender.request(inbox, activity) for activity in made]
        before, start = instance.cpu(), time.monotonic()
        asyncio.run(post_all(inbox, requests))
        wait_for(1000 + posts - 1, instance, token)
        used, took = instance.cpu() - before, time.monotonic() - start
        return {
            "database": kind,
            "cpu_ms_a_create": round(1000 * used / posts, 2),
            "creates_a_second": round(posts / took),
            "bytes_a_create": size,
            "memory_mb": round(instance.memory()),
        }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--port", type=int, default=18362)
    parser.add_argument("--posts", type=int, default=2000)
    asked = parser.parse_args()
    for kind in asked.kinds or ["sqlite", "postgresql"]:
        print(json.dumps(measure(kind, asked.port, asked.posts)), flush=True)


if __name__ == "__main__":
    main()
