"""The thirty most dangerous to get wrong, and for each how its control is taken out. Texts must match the code exactly.

`OPEN`: what of them comes later. A changed line of code means a changed line here: a test in tests/architecture sees to it.
"""

from dataclasses import dataclass

ACCEPT = "federation/inbound/accept.py"
AUTHORITY = "federation/inbound/authority.py"
BELIEF = "federation/inbound/belief.py"
VERIFY = "federation/signatures/verify.py"
FETCH = "federation/client/fetch.py"
HTTP = "federation/client/http.py"
OAUTH = "instance/auth/oauth.py"

WIRE = "tests/federation/test_thirty.py"
REQUESTS = "tests/federation/test_thirty_requests.py"
HOUSE = "tests/instance/test_thirty.py"
NETWORK = "tests/federation/test_network.py"
RENAMED = "tests/federation/test_renamed.py"
SLOW = "tests/federation/test_slow.py"
STREAMS = "tests/instance/mastodon/test_streaming.py"


@dataclass(frozen=True)
class Mutation:
    """One control: its danger's number, what it is, the line that is it, what is put in its place, and where its tests are."""

    number: int
    control: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...] = (WIRE,)


MUTATIONS = [
    Mutation(1, "the actor is who signed", ACCEPT, "if signed.actor != head.actor:", "if not signed.actor:"),
    Mutation(
        2,
        "a key counts if its owner lists it",
        "federation/remote/keys.py",
        "if key_id in _listed_by_name(found) and (named.pem or named.multibase) else []",
        "if named.pem or named.multibase else []",
    ),
    Mutation(
        3,
        "an object is attributed to the actor",
        BELIEF,
        "return actor in about.attributed_to_all and same_origin(about.id, actor)",
        "return same_origin(about.id, actor)",
    ),
    Mutation(
        4,
        "an object's id is of the actor's origin",
        BELIEF,
        "return actor in about.attributed_to_all and same_origin(about.id, actor)",
        "return actor in about.attributed_to_all",
    ),
    Mutation(
        5, "digests are compared with the body", VERIFY, "check_all(message.headers, message.body)", "len(message.body)"
    ),
    Mutation(
        5,
        "the digest is signed",
        VERIFY,
        '_covers_one(given.headers, {"digest", "content-digest"})',
        "len(given.headers)",
    ),
    Mutation(
        6,
        "target and host are signed",
        VERIFY,
        '_covers(given.headers, {"(request-target)", "host"})',
        "_covers(given.headers, set())",
    ),
    Mutation(6, "dates are near", VERIFY, "if abs(wire_now - at) > SKEW:", "if wire_now == at + SKEW * 1000:"),
    Mutation(
        7,
        "fetched documents have an ActivityStreams type",
        HTTP,
        "if response.is_success and kind not in types:",
        "if response.is_success and kind in {'never'}:",
    ),
    Mutation(
        8,
        "a document speaks for the address that it came from",
        FETCH,
        'if document.get("id") != url:',
        'if not document.get("id"):',
    ),
    Mutation(
        9,
        "linked-data signatures are not looked at",
        ACCEPT,
        "if signed.actor != head.actor:",
        "if signed.actor != head.actor and b'\"signature\"' not in body:",
    ),
    Mutation(
        10,
        "contexts come from our files",
        "federation/vocab/processor.py",
        "        return super().__call__(url, options)",
        '        return super().__call__(url if url in _CONTEXTS else "https://gotosocial.org/ns", options)',
        (RENAMED,),
    ),
    Mutation(
        11,
        "our rows agree before an effect",
        AUTHORITY,
        '        raise UnbelievableError(f"not hers to say, by our rows: {activity.type}")',
        "        return activity",
    ),
    Mutation(
        11,
        "what is not hers to say is refused",
        AUTHORITY,
        '        raise UnbelievableError(f"not hers to say: {case.activity.type}")',
        "        return case.activity",
    ),
    Mutation(
        12,
        "what an Announce embeds is believed of a Group's own only",
        AUTHORITY,
        "    activity, group = case.activity, case.group\n",
        "    activity, group = case.activity, case.group\n    if group:\n        return True\n",
    ),
    Mutation(
        13,
        "a follow of somebody elsewhere waits",
        "instance/people/follows.py",
        '    at_once = target.domain == "" and not target.locked',
        "    at_once = not target.locked",
        (HOUSE,),
    ),
    Mutation(
        14,
        "strangers see public posts only",
        "instance/content/visible.py",
        "AND {p}.visibility IN ('public', 'unlisted')\n  AND NOT",
        "AND NOT",
        (HOUSE,),
    ),
    Mutation(
        15,
        "follower lists tell nothing",
        "instance/activities/documents/objects.py",
        '    if name in {"inbox", "followers", "following"}:\n        return Collected()\n',
        '    if name in {"inbox", "followers", "following"}:\n        return Collected([row.iri], 1)\n',
        (HOUSE,),
    ),
    Mutation(
        16,
        "forbidden is answered like absent",
        "federation/endpoints/documents.py",
        "    if reader is None:\n        return not_found()",
        '    if reader is None:\n        return Response("Forbidden.", 403)',
        (HOUSE,),
    ),
    Mutation(
        17,
        "streams of events end with their token",
        "instance/mastodon/streaming.py",
        "            await caller_of(stream.house, token)\n            looks += 1\n",
        "            looks += 1\n",
        (STREAMS,),
    ),
    Mutation(
        17,
        "open sockets end with their token",
        "instance/mastodon/streaming.py",
        "                await caller_of(self._house, self._token)\n",
        "                pass\n",
        (STREAMS,),
    ),
    Mutation(
        18,
        "a number opens one's own things only",
        "instance/media/attachments.py",
        "where(attachment.c.id == media_id, attachment.c.account_id == account_id)",
        "where(attachment.c.id == media_id)",
        (HOUSE,),
    ),
    Mutation(
        19,
        "answers are for one reader",
        "instance/entrance/headers.py",
        '(b"cache-control", b"private, no-store")',
        '(b"cache-control", b"public, max-age=60")',
        (HOUSE,),
    ),
    Mutation(
        20,
        "an edit keeps the audience",
        "instance/content/receive.py",
        '        changes |= {**_said(u, row.id, same_audience), "edited_at": remote.edited_at}\n',
        '        changes |= {**_said(u, row.id, remote), "visibility": remote.visibility}\n',
        (HOUSE,),
    ),
    Mutation(
        21,
        "only addresses on the open internet are dialled",
        "federation/client/network.py",
        "    return address.is_global and not address.is_multicast and not address.is_reserved",
        "    return True",
        (NETWORK,),
    ),
    Mutation(
        21,
        "addresses in disguise are none",
        "federation/client/network.py",
        "    if any(address.version == network.version and address in network for network in _REFUSED):\n        return False\n",
        "",
        (NETWORK,),
    ),
    Mutation(
        21,
        "every address is checked before it is dialled",
        "federation/client/network.py",
        "        for text in texts:\n            self.check(text, port)\n",
        "",
        (NETWORK, SLOW),
    ),
    Mutation(
        22,
        "the policy is asked before each fetch",
        "federation/client/gate.py",
        "        return stance in SPOKEN_TO or (stance is Stance.HELD and host == _signer.get())",
        "        return True",
    ),
    Mutation(
        22,
        "there is one client",
        "federation/client/pictures.py",
        "from federation.client.fetch import check_status\n",
        "import urllib.request\nfrom federation.client.fetch import check_status\n",
        (NETWORK,),
    ),
    Mutation(23, "ids are known per origin", ACCEPT, '            "host": host,', '            "host": "",'),
    Mutation(
        24,
        "one activity causes 50 requests",
        "federation/client/budget.py",
        "self.spent.total() > self.most",
        "self.spent.total() > 999",
        (REQUESTS,),
    ),
    Mutation(
        24,
        "and 10 to who is no party to it",
        "federation/client/budget.py",
        "MOST, MOST_TO_STRANGERS = 46, 9",
        "MOST, MOST_TO_STRANGERS = 46, 46",
        (REQUESTS,),
    ),
    Mutation(25, "bodies end at a megabyte", HTTP, "        if length > most:", "        if length < 0:", (WIRE, SLOW)),
    Mutation(
        25,
        "answers end in time",
        HTTP,
        "            async with asyncio.timeout(TOTAL_SECONDS):\n                return await self._follow(",
        "            if True:\n                return await self._follow(",
        (SLOW,),
    ),
    Mutation(
        25,
        "what is looked at as a stranger ends in time",
        HTTP,
        "            async with asyncio.timeout(TOTAL_SECONDS):\n                for _ in",
        "            if True:\n                for _ in",
        (SLOW,),
    ),
    Mutation(
        25,
        "deliveries end in time",
        "federation/client/lines.py",
        "            async with line.lock, asyncio.timeout(TOTAL_SECONDS):",
        "            async with line.lock:",
        (SLOW,),
    ),
    Mutation(
        26,
        "uploads speak for nobody",
        "instance/files.py",
        '"Content-Security-Policy": "sandbox; default-src \'none\'"',
        '"X-Nothing": "x"',
        (HOUSE,),
    ),
    Mutation(
        27,
        "redirects are as registered",
        OAUTH,
        "    if redirect_uri not in app.redirect_uris:",
        "    if not any(redirect_uri.startswith(known) for known in app.redirect_uris):",
        (HOUSE,),
    ),
    Mutation(
        27,
        "codes are bound to who asked",
        OAUTH,
        '    if not _proves(first.challenge, params.get("code_verifier"), public=app.secret_hash is None):\n        return bad\n',
        "",
        (HOUSE,),
    ),
    Mutation(
        28,
        "forwarded addresses come from our proxies",
        "instance/entrance/proxies.py",
        "    if not proxies or not trusted(address_of(peer), proxies):",
        "    if False:",
        (HOUSE,),
    ),
    Mutation(
        29,
        "the policy is asked at the door",
        ACCEPT,
        '"state": "held" if decision.held else "received"',
        '"state": "received"',
    ),
    Mutation(
        30,
        "it is on disk before the 202",
        ACCEPT,
        "    await federation.arrivals.add(",
        '    (lambda row: __import__("asyncio").ensure_future(federation.arrivals.add(row)))(',
    ),
]

OPEN = {
    17: "streams that survive the leaving of a closed group: with closed groups",
}
