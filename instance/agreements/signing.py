"""Proofs by our Application, made in a transaction: agreements, their answers, receipts of erasure, requirements of groups."""

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, select

from federation.endpoints.policy import served
from federation.ports import PolicyVersion
from federation.schema import local_key
from federation.signatures import keys
from federation.signatures.keyring import OwnKey
from federation.signatures.proofs import prove
from instance.agreements import rows
from instance.db.system import policy_version
from instance.errors import RefusalError
from instance.i18n import N_
from instance.policy.inforce import in_force_here
from instance.site import Site


def application(site: Site) -> str:
    """The IRI of our Application."""
    return site.url("/actor")


def key_of(connection: Connection, site: Site) -> OwnKey:
    """The Application's key for proofs. Raises RefusalError before it is made."""
    c = local_key.c
    mine = select(local_key).where(c.actor == application(site), c.algorithm == keys.ED25519, c.retired_at.is_(None))
    row = connection.execute(mine).first()
    if row is None:
        raise RefusalError("no-key-yet", N_("This instance has no key yet; start it once, then try again."))
    private = keys.load_own(site.vault.open(row.private, "local_key", "private", row.id))
    return OwnKey(row.id, row.actor, row.algorithm, private, row.public)


def proven(connection: Connection, site: Site, document: Mapping[str, Any], created: int) -> dict[str, Any]:
    """The document with the proof of our Application (FEP-8b32). Raises RefusalError before its key is made."""
    key = key_of(connection, site)
    if not isinstance(key.private, Ed25519PrivateKey):
        raise TypeError("proofs are made with Ed25519 keys only")
    return prove(document, key.private, key.id, created)


def served_digests(connection: Connection, site: Site, now: int) -> set[str]:
    """Digests of our policy just as it is served now, with its proof and without: peers may name it by these too."""
    newest = select(policy_version).order_by(policy_version.c.id.desc()).limit(1)
    row = connection.execute(newest).first()
    if row is None:
        return set()
    version = PolicyVersion(row.id, row.adopted_at, in_force_here(connection))
    whole = served(site.base_url, version, key_of(connection, site), now)
    bare = {name: value for name, value in whole.items() if name != "proof"}
    return {rows.whole_digest(one) for one in (whole, bare)}
