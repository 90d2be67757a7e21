"""Signatures against published vectors, against another implementation, and against what must not pass."""

import base64
import json
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA512
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import MalformedError, UnsignedError
from federation.signatures import cavage, keys, rfc9421, verify
from federation.signatures.digest import check_content_digest, check_digest, digest, rfc9530
from federation.signatures.message import Message, read_headers
from tests.support.peer import key_number, pem_of

DATA = Path(__file__).parent / "data"
CAVAGE = json.loads((DATA / "cavage12.json").read_text())
RFC = json.loads((DATA / "rfc9421.json").read_text())
FEP = json.loads((DATA / "fep8b32.json").read_text())
NOW = 1_800_000_000_000


def message_of(vector: dict[str, Any], method: str, target: str) -> Message:
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    return Message(method, target, headers, vector["body"].encode())


@pytest.mark.parametrize("case", CAVAGE["cases"], ids=lambda case: case["name"])
def test_cavage_appendix_c(case: dict[str, str]) -> None:
    message = message_of(CAVAGE, "POST", CAVAGE["path"])
    parsed = cavage.parse(case["signature_header"])
    assert " ".join(parsed.headers) == case["headers"]
    text = cavage.signing_string(parsed, message)
    assert text.decode() == case["signing_string"]
    key = keys.load_pem(CAVAGE["public_key_pem"])
    assert keys.holds(key, parsed.signature, text)
    assert not keys.holds(key, parsed.signature, text + b" ")
    check_digest(message.header("digest"), message.body)


@pytest.mark.parametrize("name", ["B.2.6"])
def test_rfc9421_appendix_b_with_ed25519(name: str) -> None:
    case = RFC["cases"][name]
    (parsed,) = rfc9421.parse(case["signature_input"], case["signature"])
    base = rfc9421.signature_base(parsed, message_of(RFC["request"], "POST", "/foo?param=Value&Pet=dog"))
    key = keys.load_pem(RFC["keys"]["test-key-ed25519"])
    assert keys.holds(key, parsed.signature, base)
    assert not keys.holds(key, parsed.signature, base.replace(b"POST", b"PUT"))


@pytest.mark.parametrize("name", ["B.2.1", "B.2.2", "B.2.3"])
def test_rfc9421_appendix_b_bases_hold_under_pss(name: str) -> None:
    case = RFC["cases"][name]
    (parsed,) = rfc9421.parse(case["signature_input"], case["signature"])
    base = rfc9421.signature_base(parsed, message_of(RFC["request"], "POST", "/foo?param=Value&Pet=dog"))
    key: Any = keys.load_pem(RFC["keys"]["test-key-rsa-pss"])
    key.verify(parsed.signature, base, padding.PSS(padding.MGF1(SHA512()), 64), SHA512())


def test_rfc9421_content_digest_of_the_vector() -> None:
    check_content_digest(RFC["request"]["headers"]["Content-Digest"], RFC["request"]["body"].encode())
    with pytest.raises(UnsignedError):
        check_content_digest(RFC["request"]["headers"]["Content-Digest"], b"{}")


def test_multikey_of_fep_8b32() -> None:
    text = FEP["unsigned"][1]["assertionMethod"][0]["publicKeyMultibase"]
    assert keys.to_multibase(keys.load_multibase(text)) == text


def signed(names: str = "(request-target) host date digest", **change: Any) -> Message:
    body = b'{"a":1}'
    headers = {
        "host": "a.example",
        "date": formatdate(NOW / 1000, usegmt=True),
        "digest": digest(body),
        "content-type": "application/activity+json",
    } | change
    listed = {name: headers[name] for name in names.split() if name != "(request-target)"}
    key = key_number(0)
    text = ["(request-target): post /inbox"] if "(request-target)" in names else []
    text += [f"{name}: {value}" for name, value in listed.items()]
    made = base64.b64encode(keys.sign(key, "\n".join(text).encode())).decode()
    headers["signature"] = (
        f'keyId="https://peer.example/users/bob#main-key",algorithm="rsa-sha256",headers="{names}",signature="{made}"'
    )
    return Message("POST", "/inbox", headers, body)


def test_a_complete_signature_is_a_claim() -> None:
    claim = verify.claim(signed(), "a.example", NOW)
    assert claim.host == "peer.example"
    assert keys.holds(keys.load_pem(pem_of(key_number(0))), claim.signature, claim.base)


@pytest.mark.parametrize("missing", ["(request-target)", "host", "date", "digest"])
def test_whatever_must_be_covered_is_asked_for(missing: str) -> None:
    names = "(request-target) host date digest".replace(missing, "").replace("  ", " ").strip()
    with pytest.raises(UnsignedError):
        verify.claim(signed(names), "a.example", NOW)


@pytest.mark.parametrize(
    ("minutes", "passes"), [(0, True), (59, True), (-59, True), (61, False), (-61, False), (-780, False)]
)
def test_an_hour_of_skew(minutes: int, passes: bool) -> None:
    message = signed(date=formatdate(NOW / 1000 + minutes * 60, usegmt=True))
    if passes:
        verify.claim(message, "a.example", NOW)
    else:
        with pytest.raises(UnsignedError):
            verify.claim(message, "a.example", NOW)


def test_another_host_is_not_ours() -> None:
    with pytest.raises(UnsignedError):
        verify.claim(signed(host="b.example"), "a.example", NOW)


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 99 Nov 2026 01:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 +2359"])
def test_dates_that_are_none(date: str) -> None:
    with pytest.raises(UnsignedError):
        verify.claim(signed(date=date), "a.example", NOW)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "SHA-256=",
        "SHA-256=AAAA",
        "MD5=abc",
        "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE",
        "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=,SHA-512=AAAA",
    ],
)
def test_digests_that_do_not_hold(header: str) -> None:
    with pytest.raises(UnsignedError):
        check_digest(header, CAVAGE["body"].encode())


def test_digests_hold() -> None:
    check_digest(digest(b"x"), b"x")
    check_digest("sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=, MD5=other", CAVAGE["body"].encode())
    check_content_digest(rfc9530(digest(b"x")), b"x")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "keyId",
        'keyId="a"',
        'signature="AA=="',
        'keyId="a",signature="!"',
        'keyId="a",keyId="b",signature="AA=="',
        'keyId="a",headers="date date",signature="AA=="',
        'keyId="a",created=1e999,signature="AA=="',
        'keyId="a",created=' + "9" * 400 + ',signature="AA=="',
        'keyId="a",signature="AA==",' + 'x="y",' * 5000,
    ],
)
def test_cavage_headers_that_are_none(header: str) -> None:
    with pytest.raises(UnsignedError):
        cavage.parse(header)


def test_repeated_headers_could_be_read_in_two_ways() -> None:
    headers, repeated = read_headers([(b"Host", b"a.example"), (b"host", b"b.example"), (b"X", b"1"), (b"x", b"2")])
    message = Message("POST", "/inbox", headers, repeated=repeated)
    with pytest.raises(UnsignedError):
        message.header("host")
    assert message.header("x") == "1, 2"


@given(st.text(max_size=300))
def test_any_text_is_a_signature_or_a_refusal(text: str) -> None:
    for read in (cavage.parse, lambda value: rfc9421.parse(value, value), lambda value: check_digest(value, b"")):
        try:
            read(text)
        except UnsignedError:
            continue


@given(
    st.dictionaries(st.sampled_from(["signature", "signature-input", "date", "digest", "host"]), st.text(max_size=80))
)
def test_any_headers_are_a_claim_or_a_refusal(headers: dict[str, str]) -> None:
    with pytest.raises(UnsignedError):
        verify.claim(Message("POST", "/inbox", headers | {"host": "a.example"}, b"{}"), "a.example", NOW)


@given(st.binary(max_size=40))
def test_base58_both_ways(raw: bytes) -> None:
    assert keys.base58_decode(keys.base58_encode(raw)) == raw


@pytest.mark.parametrize("text", ["", "z", "zzzz", "mAAAA", "z0OIl", "-----BEGIN PUBLIC KEY-----"])
def test_keys_that_are_none(text: str) -> None:
    for read in (keys.load_pem, keys.load_multibase):
        with pytest.raises(MalformedError):
            read(text)


def test_own_keys_sign_and_hold() -> None:
    for algorithm in (keys.RSA, keys.ED25519):
        pair = keys.make(algorithm)
        private = keys.load_own(pair.private)
        assert keys.holds(keys.load_pem(pair.public_pem), keys.sign(private, b"text"), b"text")


@pytest.mark.parametrize(("bits", "taken"), [(1016, False), (1024, True), (8192, True), (8200, False)])
def test_rsa_keys_of_a_size_that_is_safe_and_quick(bits: int, taken: bool) -> None:
    number = RSAPublicNumbers(65537, (1 << (bits - 1)) | 1)
    pem = keys.to_pem(number.public_key())
    if taken:
        assert keys.to_pem(keys.load_pem(pem)) == pem
    else:
        with pytest.raises(MalformedError):
            keys.load_pem(pem)


def test_two_signatures_of_one_name_could_be_read_in_two_ways() -> None:
    given = 'sig1=("@method");created=1;keyid="https://peer.example/k"'
    assert len(rfc9421.parse(given, "sig1=:AAAA:")) == 1
    for one, other in ((given, "sig1=:AAAA:, sig1=:BBBB:"), (f"{given}, {given}", "sig1=:AAAA:")):
        with pytest.raises(UnsignedError):
            rfc9421.parse(one, other)


@pytest.mark.parametrize(
    ("query", "wanted"), [("a=1&b=2", b"1"), ("b=2", None), ("a=1&a=2", None), ("a=1&%61=2", None)]
)
def test_a_query_parameter_that_is_signed_is_there_once(query: str, wanted: bytes | None) -> None:
    message = Message("GET", f"/x?{query}", {"host": "a.example"})
    [given] = rfc9421.parse('sig1=("@query-param";name="a");created=1', "sig1=:AAAA:")
    if wanted is not None:
        assert rfc9421.signature_base(given, message).startswith(b'"@query-param";name="a": ' + wanted + b"\n")
    else:
        with pytest.raises(UnsignedError):
            rfc9421.signature_base(given, message)


@pytest.mark.parametrize("name", ["", *verify._ALGORITHMS, "none"])
def test_a_key_signs_by_its_own_algorithms_only(name: str) -> None:
    edwards = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
    assert keys.holds(edwards.public_key(), keys.sign(edwards, b"x"), b"x", name) == (name in {"", keys.EDDSA})
    assert keys.holds(key_number(0).public_key(), keys.sign(key_number(0), b"x"), b"x", name) == (
        name in {"", keys.V1_5}
    )
