"""PolicyDocument: one instance's whole policy. Parsed strictly, written in one canonical form, named by its digest."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import rfc8785

from policies.peers import Stance, clean_host

FORMAT = 1
REASON_LENGTH = 500
MAX_RULES = 100_000


class PolicyError(ValueError):
    """A document is not a policy; the text says where."""


@dataclass(frozen=True, slots=True)
class PeerRule:
    """What is done with one host, and why (the reason is for stewards and voters)."""

    stance: Stance
    reason: str = ""


@dataclass(frozen=True)
class PolicyDocument:
    """A policy: the stance towards peers that no rule names, and the rules."""

    name: str
    default: Stance
    peers: dict[str, PeerRule] = field(default_factory=dict)

    @cached_property
    def stances(self) -> dict[str, Stance]:
        """host -> stance, for `policies.peers`."""
        return {host: rule.stance for host, rule in self.peers.items()}

    @cached_property
    def canonical(self) -> bytes:
        """The document's one form (RFC 8785), which the digest is made of."""
        return rfc8785.dumps(self.as_dict())

    @cached_property
    def digest(self) -> str:
        """The document's name: `sha256:` and 64 hexadecimal digits."""
        return "sha256:" + hashlib.sha256(self.canonical).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as it is stored and shown."""
        rules = {host: {"stance": str(rule.stance), "reason": rule.reason} for host, rule in self.peers.items()}
        return {"format": FORMAT, "name": self.name, "peers": {"default": str(self.default), "rules": rules}}

    def with_stance(self, host: str, stance: Stance, reason: str = "") -> "PolicyDocument":
        """This policy with another stance towards one host. Raises PolicyError where `host` is none."""
        return replace(self, peers={**self.peers, _host(host): PeerRule(stance, _text(reason, "reason"))})

    def without_rule(self, host: str) -> "PolicyDocument":
        """This policy without its rule for one host: the default holds for it again."""
        name = _host(host)
        return replace(self, peers={key: rule for key, rule in self.peers.items() if key != name})


def parse(data: bytes | str | dict[str, Any]) -> PolicyDocument:
    """Read a policy. Raises PolicyError for anything that is not known: a rule we don't understand is not ignored."""
    if not isinstance(data, dict):
        try:
            data = json.loads(data, object_pairs_hook=_without_repeats)
        except (ValueError, RecursionError) as error:
            raise PolicyError(f"not JSON: {error}") from error
    top = _table(data, "the document", {"format", "name", "peers"})
    if top["format"] != FORMAT:
        raise PolicyError(f"format is {top['format']!r}, this release reads {FORMAT}")
    peers = _table(top["peers"], "peers", {"default", "rules"})
    return PolicyDocument(
        _text(top["name"], "name"), _stance(peers["default"], "peers.default"), _rules(peers["rules"])
    )


def _rules(value: Any) -> dict[str, PeerRule]:
    if not isinstance(value, dict) or len(value) > MAX_RULES:
        raise PolicyError("peers.rules is not an object of rules")
    rules: dict[str, PeerRule] = {}
    for key, raw in value.items():
        host, where = _host(key), f"peers.rules[{key}]"
        if host in rules:
            raise PolicyError(f"{host} has two rules")
        rule = _table(raw, where, {"stance", "reason"})
        rules[host] = PeerRule(_stance(rule["stance"], where), _text(rule["reason"], where))
    return rules


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise PolicyError("a key stands there twice")
    return table


def _table(value: Any, where: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != keys:
        raise PolicyError(f"{where} must have exactly: {', '.join(sorted(keys))}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > REASON_LENGTH:
        raise PolicyError(f"{where}: a text of at most {REASON_LENGTH} characters is wanted")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise PolicyError(f"{where}: not a text that can be written down") from error
    return value


def _stance(value: Any, where: str) -> Stance:
    try:
        return Stance(value)
    except ValueError as error:
        raise PolicyError(f"{where}: say one of {', '.join(Stance)}") from error


def _host(value: Any) -> str:
    host = clean_host(value) if isinstance(value, str) else None
    if host is None:
        raise PolicyError(f"{value!r} is no host; give host or host:port")
    return host
