"""RFC 9421 by another library (`http-message-signatures`), as a second opinion on ours: it signs what we verify, and verifies us."""

import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms


@dataclass
class Request:
    """A request as that library takes it."""

    method: str
    url: str
    headers: Any
    body: bytes = b""

    def __post_init__(self) -> None:
        self.headers = httpx.Headers(self.headers)


class OneKey(HTTPSignatureKeyResolver):  # type: ignore[misc]
    """Has one key, whatever is asked for."""

    def __init__(self, key: Any) -> None:
        self.key = key

    def resolve_private_key(self, key_id: str) -> Any:
        return self.key

    def resolve_public_key(self, key_id: str) -> Any:
        return self.key


V1_5, ED25519, PSS = algorithms.RSA_V1_5_SHA256, algorithms.ED25519, algorithms.RSA_PSS_SHA512
COVERED = ("@method", "@target-uri")


def sign(request: Request, key: Any, key_id: str, **change: Any) -> dict[str, str]:
    """The headers of a signed request. `change`: algorithm, and whatever that library's `sign` takes."""
    signer = HTTPMessageSigner(signature_algorithm=change.pop("algorithm", V1_5), key_resolver=OneKey(key))
    change.setdefault("body", request.body if request.method == "POST" else None)
    change.setdefault("covered_component_ids", COVERED)
    signer.sign(request, key_id=key_id, **change)
    return dict(request.headers)


def verify(request: Request, key: Any, algorithm: Any = V1_5, at_most: timedelta | None = None) -> Any:
    """What that library finds signed. Raises its errors."""
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=OneKey(key))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        body = request.body if request.method == "POST" else None
        (found,) = verifier.verify(request, max_age=at_most, body=body)
    return found


def ago(seconds: float) -> datetime:
    """A moment of the past; of the future with a negative number."""
    return datetime.now().astimezone() - timedelta(seconds=seconds)
