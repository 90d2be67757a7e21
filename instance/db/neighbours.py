"""Tables of what is said of other servers: by themselves, by our stewards, by lists of others."""

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint

from instance.db.base import document, metadata, serial, time

# What a server says of itself, believed by nobody, and what kind of owner a steward here says it has.
peer_about = Table(
    "peer_about",
    metadata,
    Column("host", String(260), primary_key=True),
    document("says"),
    time("asked_at", nullable=True),
    Column("run_by", String(16), nullable=True),  # policies.sections.RunBy
    Column("marked_by", String(80), nullable=True),
    time("marked_at", nullable=True),
    time("told_until", nullable=True),  # the end of a decision of which stewards were told that it comes
)

# What a list of others advises about a server. It never applies itself.
peer_advice = Table(
    "peer_advice",
    metadata,
    serial(),
    Column("host", String(260), nullable=False),
    Column("source", String(80), nullable=False),  # the list, as the steward named it
    Column("form", String(12), nullable=False),  # mastodon fires fediseer
    Column("opinion", String(16), nullable=False),  # blocked limited allowed noted
    document("treat"),  # names of policies.treatments.Treatment
    document("details"),  # what else the list said
    Column("reason", Text, nullable=False, server_default=""),
    Column("line", Integer, nullable=False),
    time("taken_at"),
    UniqueConstraint("host", "source", "opinion"),
)
