"""Tables of federation: peers, remote actors and keys, our keys, what came in, what goes out.

Rows name accounts, posts and groups by IRI only. Times are milliseconds since 1970 UTC.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)
Serial = BigInteger().with_variant(Integer(), "sqlite")

# A peer is `host[:port]`.
peer = Table(
    "peer",
    metadata,
    Column("host", String(260), primary_key=True),
    Column("software", String(80), nullable=True),
    Column("software_version", String(80), nullable=True),
    Column("signature_scheme", String(16), nullable=True),  # cavage rfc9421: what was learnt
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("down_since", BigInteger, nullable=True),
    Column("next_try_at", BigInteger, nullable=True),  # the circuit: nothing is sent before
    Column("last_error", Text, nullable=True),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=True),
    Column("last_delivered_at", BigInteger, nullable=True),
    Column("took", Integer, nullable=True),  # milliseconds: its slowest answer of the last turn; null: never answered
    Column("informed_at", BigInteger, nullable=True),  # when its NodeInfo was read
    # Deliveries are claimed by peer, so that each peer gets its own in order, from one sender at a time.
    Column("queued", Boolean, nullable=False, server_default=false()),  # some delivery is ready
    Column("served_at", BigInteger, nullable=True),
    Column("lease", String(32), nullable=True),
    Column("lease_until", BigInteger, nullable=True),
    Index("ix_peer_queued_next_try_at", "queued", "next_try_at"),
)

remote_actor = Table(
    "remote_actor",
    metadata,
    Column("iri", Text, primary_key=True),
    Column("host", String(260), nullable=False, index=True),
    Column("kind", String(24), nullable=False),
    Column("inbox", Text, nullable=False),
    Column("shared_inbox", Text, nullable=True),
    Column("followers", Text, nullable=True),
    Column("document", Text, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
    Column("gone_at", BigInteger, nullable=True),
)

remote_key = Table(
    "remote_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False, index=True),
    Column("algorithm", String(16), nullable=False),  # rsa ed25519
    Column("public", Text, nullable=False),  # PEM
    Column("fetched_at", BigInteger, nullable=False),
)

local_key = Table(
    "local_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("actor", Text, nullable=False, index=True),
    Column("algorithm", String(16), nullable=False),
    Column("public", Text, nullable=False),  # PEM
    Column("private", LargeBinary, nullable=False),  # sealed by the vault
    Column("created_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger, nullable=True),
)

# What came in, stored before it is answered. The body is erased once it is processed (DECISIONS 26).
inbox_activity = Table(
    "inbox_activity",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("host", String(260), nullable=False),
    Column("family", String(260), nullable=False, server_default="-"),  # whose turn it is: federation.allowance
    Column("activity_key", String(80), nullable=False),  # SHA-256 of its id, or of its body where it has none
    Column("actor", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("about", String(80), nullable=True, index=True),  # SHA-256 of its object's id
    Column("recipient", Text, nullable=True),  # the inbox's owner; null for the shared inbox
    Column("body", LargeBinary, nullable=True),
    Column("state", String(12), nullable=False),  # received held done ignored dead
    Column("reason", Text, nullable=True),
    Column("object_kind", String(40), nullable=True),
    Column("let_in_at", BigInteger, nullable=True),  # a moderator has let it in: rules that hold don't hold it again
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("lease", String(32), nullable=True),
    Column("lease_until", BigInteger, nullable=True),
    Column("signed_at", BigInteger, nullable=True),  # by the sender's clock
    Column("spent", JSON(none_as_null=True), nullable=True),  # requests that it has caused so far, by host
    Column("next_try_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("done_at", BigInteger, nullable=True),
    UniqueConstraint("host", "activity_key"),
    Index("ix_inbox_activity_state_family_next_try_at", "state", "family", "next_try_at"),
)

# One serialised activity; how many deliveries, one row an inbox.
outbox_item = Table(
    "outbox_item",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("activity", Text, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("body", LargeBinary, nullable=True),  # null where a closed one is serialised when it is sent
    Column("facts", JSON(none_as_null=True), nullable=False),  # what policies judge by
    Column("created_at", BigInteger, nullable=False, index=True),
)
Index(
    "ix_outbox_item_with_body",  # what may have to be erased: few of them
    outbox_item.c.id,
    sqlite_where=outbox_item.c.body.is_not(None),
    postgresql_where=outbox_item.c.body.is_not(None),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("item_id", BigInteger, nullable=False),
    Column("host", String(260), nullable=False),
    Column("inbox", Text, nullable=False),
    Column(
        "state", String(12), nullable=False
    ),  # ready sent dead cancelled waits (for what the policy asks of its peer)
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("status", Integer, nullable=True),
    Column("error", Text, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("done_at", BigInteger, nullable=True),
    UniqueConstraint("item_id", "inbox"),
    Index("ix_delivery_host_state_id", "host", "state", "id"),
    Index("ix_delivery_item_id_state", "item_id", "state"),
)

# Deliveries that were given up while a peer was away for too long: what it missed, and when it was told.
delivery_gap = Table(
    "delivery_gap",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("host", String(260), nullable=False, index=True),
    Column("since", BigInteger, nullable=False),  # when the first of them was written
    Column("until", BigInteger, nullable=False),
    Column("lost", Integer, nullable=False),
    Column("ended_at", BigInteger, nullable=True),  # when the peer answered again
    Column("told_at", BigInteger, nullable=True),
)

# What was not kept, counted.
turned_away = Table(
    "turned_away",
    metadata,
    Column("host", String(260), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("reason", String(60), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

# The newest of them one by one, by digests of their ids: so that it can be said what became of a certain one.
refusal = Table(
    "refusal",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("host", String(260), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("reason", String(60), nullable=False),
    Column("activity_key", String(80), nullable=False, index=True),
    Column("about", String(80), nullable=True, index=True),
    Column("refused_at", BigInteger, nullable=False, index=True),
)

# What its actor took back or deleted: should it arrive later than that, it has no effect.
withdrawn = Table(
    "withdrawn",
    metadata,
    Column("iri", Text, primary_key=True),  # of an activity or an object
    Column("actor", Text, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("undone_at", BigInteger, nullable=True),  # when the Undo of something that counted was signed
)
