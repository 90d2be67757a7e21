"""Reading: every server's habits come out in one shape; whatever else comes is borne, within limits."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.client import nodeinfo, webfinger
from federation.errors import FederationError, MalformedError
from federation.signatures import cavage, digest, keys, rfc9421
from federation.vocab import limits, times
from federation.vocab.iris import PUBLIC, host_of, is_iri
from federation.vocab.normalise import normalise
from federation.vocab.reading import MOST_CONTENT, MOST_FILES, MOST_MENTIONS, MOST_OPTIONS, MOST_TAGS, MOST_TITLE
from federation.vocab.types import Actor, Object

ID = "https://peer.example/1"
BOB = "https://peer.example/bob"


def read(**terms: Any) -> Object:
    found = normalise({"id": ID, "type": "Note", "attributedTo": BOB} | terms)
    assert isinstance(found, Object)
    return found


def actor(**terms: Any) -> Actor:
    found = normalise({"id": BOB, "type": "Person", "inbox": f"{BOB}/inbox"} | terms)
    assert isinstance(found, Actor)
    return found


@pytest.mark.parametrize("kind", ["Person", "Group", "Organization", "Service", "Application"])
def test_all_actor_types(kind: str) -> None:
    found = actor(type=kind, icon=[{"type": "Image", "url": "https://peer.example/i.png", "mediaType": "image/png"}])
    assert (found.type, found.icon) == (kind, "https://peer.example/i.png")
    assert actor(type=[kind, "toot:Thing"], manuallyApprovesFollowers="true").manually_approves


@pytest.mark.parametrize(
    "public", ["as:Public", "Public", PUBLIC, [PUBLIC], {"id": PUBLIC}, [None, {"id": "as:Public"}], [[], 5, PUBLIC]]
)
def test_an_audience_in_any_form(public: Any) -> None:
    assert read(to=public).to == [PUBLIC]


@pytest.mark.parametrize(
    "url",
    [
        "https://peer.example/page",
        {"type": "Link", "href": "https://peer.example/page"},
        ["https://peer.example/page"],
        [
            {"type": "Link", "mediaType": "video/mp4", "href": "https://peer.example/v.mp4"},
            {"type": "Link", "mediaType": "text/html", "href": "https://peer.example/page"},
        ],
        [
            {"type": "Link", "mediaType": "application/x-mpegURL", "href": "https://peer.example/x", "tag": [[1], {}]},
            {"type": "Link", "mediaType": "text/html", "href": "https://peer.example/page"},
        ],
        {"url": [{"href": "https://peer.example/page"}]},
    ],
)
def test_an_address_in_any_form(url: Any) -> None:
    assert read(url=url).url == "https://peer.example/page"


def test_no_address_ends_an_attribute() -> None:
    """Where apps put an address between quotes it stays there."""
    bad = "https://peer.example/a\"onclick=alert(1)<b>`?it's"
    good = "https://peer.example/a%22onclick=alert(1)%3Cb%3E%60?it's"
    found = read(url=bad, attachment=[{"type": "Image", "mediaType": "image/png", "url": bad}])
    assert [found.url, found.attachments[0].url] == [good, good]


@pytest.mark.parametrize(
    ("terms", "language"),
    [
        ({"content": "<p>a</p>", "contentMap": {"de": "<p>a</p>", "en": "<p>b</p>"}}, "de"),
        ({"contentMap": {"fr": "<p>a</p>"}}, "fr"),
        ({"content": "a", "language": {"identifier": "ko", "name": "x"}}, "ko"),
        ({"content": "a", "inLanguage": "en"}, "en"),
        ({"content": "a", "language": "und"}, ""),
        ({"content": "a", "contentMap": {"und": "a"}}, ""),
        ({"content": "a", "contentMap": {"<script>": "a"}}, ""),
        ({"content": "a", "@context": ["https://www.w3.org/ns/activitystreams", {"@language": "de"}]}, "de"),
    ],
)
def test_languages(terms: dict[str, Any], language: str) -> None:
    found = read(**terms)
    assert found.language == language
    assert found.content


def test_what_is_written_from_is_not_what_is_said() -> None:
    """Pleroma's `source` is text, Lemmy's and Misskey's an object; content counts where it is there."""
    found = read(content="<p>b</p>", source={"content": "**b**", "mediaType": "text/markdown"}, _misskey_content="b")
    assert (found.content, found.source, found.source_type) == ("<p>b</p>", "**b**", "text/markdown")
    assert read(content=None, source="just text").source == "just text"


def test_files_in_any_form() -> None:
    image = {"type": "Document", "mediaType": "image/png", "url": "https://peer.example/1.png", "name": "A boat"}
    more = {"focalPoint": ["0.5", -0.25], "blurhash": "UCD]o8%MIUof~qofM{Rj", "width": "640", "height": 480.0}
    [file] = read(attachment=image | more, image=image).attachments
    assert (file.kind, file.name, file.focus, file.width, file.height) == ("image", "A boat", (0.5, -0.25), 640, 480)
    assert file.blurhash == more["blurhash"]
    [odd] = read(attachment=[image | {"focalPoint": [5, "x"], "blurhash": "<b>", "width": -1}]).attachments
    assert (odd.focus, odd.blurhash, odd.width) == (None, "", None)
    [wordpress] = read(image={"type": "Image", "url": "https://peer.example/1.png?a=1&#038;b=2"}).attachments
    assert wordpress.url == "https://peer.example/1.png?a=1&b=2"
    lemmy = read(type="Page", attachment=[{"type": "Link", "href": "https://elsewhere.example/story"}])
    assert ([link.href for link in lemmy.links], lemmy.attachments) == (["https://elsewhere.example/story"], [])
    [shown] = read(type="Page", attachment=[{"type": "Link", "href": "https://peer.example/a.webp"}]).attachments
    assert shown.kind == "image"
    sound = read(
        type="Audio", url=[{"mediaType": "text/html", "href": ID}, {"mediaType": "audio/ogg", "href": f"{ID}.ogg"}]
    )
    assert [(one.kind, one.url) for one in sound.attachments] == [("audio", f"{ID}.ogg")]


def test_a_film_of_peertube() -> None:
    person, channel = {"type": "Person", "id": BOB}, {"type": "Group", "id": "https://peer.example/channel"}
    found = read(
        type="Video",
        name="A film",
        attributedTo=[channel, person],
        mediaType="text/markdown",
        content="**Look**",
        icon=[
            {"type": "Image", "url": "https://peer.example/small.jpg", "width": 280},
            {"type": "Image", "url": "https://peer.example/large.jpg", "width": "850"},
        ],
        url=[
            {"type": "Link", "mediaType": "application/x-mpegURL", "href": f"{ID}.m3u8", "tag": [{"tag": [{}]}]},
            {"type": "Link", "mediaType": "text/html", "href": f"{ID}/watch"},
        ],
    )
    assert (found.attributed_to, found.url, found.media_type) == (BOB, f"{ID}/watch", "text/markdown")
    assert [one.url for one in found.attachments] == ["https://peer.example/large.jpg"]


def test_an_event_s_time_and_place() -> None:
    address = {"type": "PostalAddress", "streetAddress": "Quay 1", "addressLocality": "Exeter", "addressCountry": None}
    place = {"type": "Place", "name": "The Hall", "address": address}
    found = read(type="Event", startTime="2026-12-11T19:00:00+00:00", endTime="2026-12-11T21:00:00Z", location=[place])
    assert found.happening is not None
    assert found.happening.place == "The Hall, Quay 1, Exeter"
    assert found.happening.ends_at == (found.happening.starts_at or 0) + 2 * times.HOUR
    online = read(type="Event", location={"type": "VirtualLocation", "url": "https://meet.example/x"})
    assert online.happening is not None
    assert online.happening.place == "https://meet.example/x"


def test_polls_in_any_form() -> None:
    options = [
        {"type": "Note", "name": "a", "replies": {"totalItems": "3"}},
        {"name": "b", "replies": 2},
        {"name": ""},
        5,
    ]
    found = read(type="Question", oneOf=options, anyOf=[], votersCount="5")
    assert found.poll is not None
    assert (found.poll.options, found.poll.multiple, found.poll.voters) == ([("a", 3), ("b", 2)], False, 5)
    several = read(type="Question", anyOf=options[0])
    assert several.poll is not None
    assert several.poll.multiple


_TERMS = (
    "to cc tag attachment content contentMap name summary url inReplyTo published updated sensitive source replies icon "
    "image oneOf anyOf location mediaType audience"
)
NOTHING: dict[str, Any] = dict.fromkeys(_TERMS.split())


def test_null_everywhere() -> None:
    found = read(**NOTHING)
    assert (found.content, found.to, found.attachments, found.poll, found.published) == ("", [], [], None, None)
    assert actor(**NOTHING, endpoints=None, publicKey=None, preferredUsername=None).name == ""


def test_the_limits_of_single_fields() -> None:
    found = read(
        content="x" * 900_000,
        name="x" * 9000,
        tag=[{"type": "Mention", "href": f"https://peer.example/{n}"} for n in range(900)]
        + [{"type": "Hashtag", "name": f"#{n}"} for n in range(900)],
        attachment=[{"type": "Image", "url": f"https://peer.example/{n}.png"} for n in range(900)],
        oneOf=[{"name": f"{n}"} for n in range(900)],
    )
    assert (len(found.content), len(found.name)) == (MOST_CONTENT, MOST_TITLE)
    assert len([tag for tag in found.tags if tag.type == "Mention"]) == MOST_MENTIONS
    assert len(found.tags) <= MOST_TAGS
    assert len(found.attachments) == MOST_FILES
    assert found.poll is not None
    assert len(found.poll.options) == MOST_OPTIONS


TERMS = st.sampled_from(
    f"{_TERMS} id type actor object attributedTo endTime startTime address totalItems votersCount focalPoint blurhash "
    "width href @list publicKey publicKeyPem assertionMethod endpoints sharedInbox language @context".split()
)
VALUES = st.sampled_from(
    f"{ID} {BOB} {PUBLIC} as:Public Note Video Event Question Create Announce Person Link Image PropertyValue Mention "
    "2026-11-21T10:00:00Z text/html image/png \u202e https://[ & {}".split()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | VALUES | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TERMS, inner, max_size=6),
    max_leaves=30,
)


@given(st.dictionaries(TERMS, JSON, max_size=12))
def test_any_document_is_read_or_refused(document: dict[str, Any]) -> None:
    try:
        found = normalise(document)
    except MalformedError:
        return
    if isinstance(found, Object):
        assert len(found.tags) <= MOST_TAGS
        assert len(found.attachments) <= MOST_FILES
        assert all(one.url.startswith(("http://", "https://")) for one in found.attachments)


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_parsed_or_refused(body: bytes) -> None:
    try:
        assert isinstance(limits.parse(body), dict)
    except FederationError:
        return


@given(st.text(max_size=45) | st.datetimes().map(str) | st.none() | st.integers())
def test_any_time_is_read_or_none(value: object) -> None:
    found = times.read(value)
    assert found is None or isinstance(found, int)


def test_times_as_servers_write_them() -> None:
    expected = int(datetime(2026, 11, 21, 10, tzinfo=UTC).timestamp() * 1000)
    for text in (
        "2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00.000000+00:00",
        "2026-11-21T11:00:00+01:00",
        "2026-11-21T10:00:00",
    ):
        assert times.read(text) == expected


@given(st.text(max_size=60))
def test_any_handle_is_taken_apart_or_refused(handle: str) -> None:
    try:
        name, host = webfinger.split(handle)
    except FederationError:
        return
    assert name
    assert host


HEADER = st.text(st.sampled_from('abzsig1=()";,:/? -0A@#+\\'), max_size=80)
FILLED = HEADER.map(lambda text: f'keyId="{ID}",algorithm="rsa-sha256",headers="host date",signature="{text}"')


@given(HEADER | FILLED | st.text(max_size=80))
def test_any_cavage_header_is_read_or_refused(header: str) -> None:
    with suppress(FederationError):
        assert cavage.parse(header).key_id


@given(HEADER | HEADER.map(lambda text: f'sig1=("@method" "host");{text}'), HEADER | st.text(max_size=60))
def test_any_rfc9421_header_is_read_or_refused(given_input: str, signature: str) -> None:
    with suppress(FederationError):
        rfc9421.parse(given_input, signature)


@given(HEADER | HEADER.map(lambda text: f"sha-256=:{text}:") | st.text(max_size=60))
def test_any_digest_is_read_or_refused(header: str) -> None:
    for check in (digest.check_digest, digest.check_content_digest):
        with suppress(FederationError):
            check(header, b"body")


@given(st.text(max_size=200) | st.binary(max_size=60).map(lambda raw: f"z{keys.base58_encode(raw)}"))
def test_any_key_is_loaded_or_refused(text: str) -> None:
    for load in (keys.load_pem, keys.load_multikey):
        with suppress(FederationError):
            load(text)


@given(st.text(max_size=80) | HEADER.map(lambda text: f"https://{text}"))
def test_any_iri_is_taken_or_not(text: str) -> None:
    host = host_of(text)
    assert host == host.lower()
    assert (host != "") == is_iri(text)


LINKS = st.dictionaries(st.sampled_from(["links", "software", "name", "rel", "href", "version"]), JSON, max_size=5)


@given(LINKS, JSON)
def test_any_nodeinfo_is_read_or_refused(document: dict[str, Any], software: Any) -> None:
    for body in (
        document,
        {"links": [document, software]},
        {"links": [{"rel": nodeinfo.SCHEMA + "/2.0", "href": software}]},
    ):
        assert all(host_of(address) == "peer.example" for address in nodeinfo.addresses(body, "peer.example"))
    assert len(nodeinfo.word(software)) <= nodeinfo.MOST_LETTERS


@given(JSON)
def test_any_webfinger_link_is_the_actor_s_or_not(link: Any) -> None:
    if isinstance(link, dict):
        assert not webfinger.is_self(link) or is_iri(link["href"])
