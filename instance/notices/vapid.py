"""The key pair by which push services know this instance (VAPID, RFC 8292): made once, the private half sealed."""

import base64

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import Connection, select

from instance.db.system import fact
from instance.db.unit import Unit
from instance.db.upsert import insert_new

NAME = "vapid"


def known_key(connection: Connection) -> str | None:
    """The public key as apps are told it (base64url of the uncompressed point); None before it was made."""
    return connection.execute(select(fact.c.value).where(fact.c.name == NAME)).scalar()


def public_key(u: Unit) -> str:
    """The public key; makes the pair at first use."""
    known = known_key(u.connection)
    if known is not None:
        return known
    made = ec.generate_private_key(ec.SECP256R1())
    point = made.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    private = made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    value = base64.urlsafe_b64encode(point).rstrip(b"=").decode()
    sealed = u.site.vault.seal(private, "fact", "sealed_value", NAME)
    if insert_new(u.connection, fact, name=NAME, value=value, sealed_value=sealed):
        return value
    return known_key(u.connection) or value
