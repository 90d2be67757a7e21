"""Tables of trust between servers: what peers publish, what is agreed, what was probed, what groups ask for."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint, false

from instance.db.base import document, metadata, serial, time, to

# What we know of a peer (`host[:port]`): the policy that it publishes, and how well its promises are known.
peer_trust = Table(
    "peer_trust",
    metadata,
    Column("host", String(260), primary_key=True),
    Column("actor", Text, nullable=True),  # its Application
    Column("policy_iri", Text, nullable=True),
    Column("document", Text, nullable=True),  # the policy as it came
    Column("document_hash", String(64), nullable=True),  # SHA-256 of that; names what is kept parsed
    Column("digest", String(80), nullable=True),  # of its terms: what agreements are bound to
    Column("fault", String(40), nullable=True),  # why the policy can't be relied on; null: it can
    document("details"),  # names of the terms that are at fault
    time("valid_until", nullable=True),
    time("fetched_at", nullable=True),  # when the document came
    time("looked_at", nullable=True),  # when it was asked for last
    time("knocked_at", nullable=True, index=True),  # when it was asked for because it waits for want of it
    time("look_at", nullable=True, index=True),  # when it is to be asked for again
    Column("level", String(8), nullable=False, server_default="none"),  # none claimed agreed probed audited
    time("level_since", nullable=True),
    time("level_until", nullable=True),  # from then on the level must be found anew; until that is done it is none
    time("waits_until", nullable=True),  # an agreement ended: words wait until then
    time("suspended_at", nullable=True),  # a probe failed
    Column("suspended_why", String(200), nullable=True),
    Column("audited_by", String(200), nullable=True),  # a named human
    Column("audited_on", Date, nullable=True),
)

# Each change of a level, with its reason.
trust_change = Table(
    "trust_change",
    metadata,
    serial(),
    Column("host", String(260), nullable=False),
    Column("old", String(8), nullable=False),
    Column("new", String(8), nullable=False),
    Column("reason", String(200), nullable=False),  # a code, with details after a colon
    time("at"),
    Index("ix_trust_change_host_id", "host", "id"),
)

# A FederationAgreement with one peer, from the moment when one side offers it.
agreement = Table(
    "agreement",
    metadata,
    serial(),
    Column("host", String(260), nullable=False),
    Column("iri", Text, nullable=True, unique=True),
    Column("offer_iri", Text, nullable=True, unique=True),
    Column("ours", Boolean, nullable=False),  # whether we made the offer
    Column("state", String(12), nullable=False),  # drafted failed offered received accepted rejected void ended
    Column("peer_actor", Text, nullable=True),
    Column("our_digest", String(80), nullable=True),  # terms of both policies when it was agreed
    Column("peer_digest", String(80), nullable=True),
    Column("requires", Text, nullable=True),  # IRI of what the offering side asks
    Column("probing", Boolean, nullable=False, server_default=false()),  # both let the other probe
    Column("canary", Text, nullable=True),  # the peer's synthetic account, which may be followed and written to
    Column("offer", Text, nullable=True),  # documents with their proofs, as they were sent
    Column("answer", Text, nullable=True),
    Column("reason", String(200), nullable=True),  # why it failed, was rejected, is void
    Column("decided_by", String(80), nullable=True),  # which steward of ours said so
    time("valid_until", nullable=True),
    time("created_at"),
    time("answered_at", nullable=True),
    time("ended_at", nullable=True),
    Index("ix_agreement_host_state", "host", "state"),
)

# One round of looking at a peer from outside.
probe = Table(
    "probe",
    metadata,
    serial(),
    Column("host", String(260), nullable=False),
    Column("state", String(12), nullable=False),  # planted deleted passed failed unclear
    Column("outcome", String(24), nullable=True),  # why it failed, or could not be seen
    document("steps"),  # [check, outcome, detail]
    to("post", "post_id", nullable=True, on_delete="SET NULL"),  # the canary
    Column("canary_iri", Text, nullable=True),
    Column("copy_iri", Text, nullable=True),  # where the peer keeps its copy, as it told us
    Column("canary_word", LargeBinary, nullable=True),  # sealed: the word that must be found nowhere
    Column("delete_iri", Text, nullable=True),  # of the Delete that a receipt must name
    Column("receipt", Text, nullable=True),
    Column("asked_by", String(80), nullable=True),
    time("started_at"),
    time("deleted_at", nullable=True),
    time("due_at", nullable=True, index=True),  # when its next step is to be done
    time("ended_at", nullable=True),
    Index("ix_probe_host_id", "host", "id"),
)

# Whether one side's policy satisfies what the other asks; each pair's newest answer.
satisfaction = Table(
    "satisfaction",
    metadata,
    serial(),
    Column("host", String(260), nullable=False),
    Column("requirement", Text, nullable=False),  # IRI; ours or the peer's
    Column("ours", Boolean, nullable=False),  # whether it is we who ask
    Column("ok", Boolean, nullable=False),
    document("failed"),
    time("checked_at"),
    UniqueConstraint("host", "requirement"),
)

# What a group asks of servers; each version has an address of its own.
group_requirement = Table(
    "group_requirement",
    metadata,
    serial(),
    to("group", "group_id"),
    Column("number", Integer, nullable=False),
    document("asked", nullable=False),  # plain data of policies.leaving.Requirement
    Column("set_by", String(80), nullable=False),
    time("created_at"),
    UniqueConstraint("group_id", "number"),
)
