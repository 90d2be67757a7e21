"""Tables of the machinery: jobs, timed leases, OAuth, policies in force, small facts."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from instance.db.base import document, key, metadata, serial, time, to

# The truth about work to be done; runners only wake each other up.
job = Table(
    "job",
    metadata,
    serial(),
    Column("kind", String(40), nullable=False),
    document("payload", nullable=False),
    Column("unique_key", String(120), nullable=True, unique=True),  # at most one such job waits
    Column("state", String(8), nullable=False, server_default="ready"),  # ready dead
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("lease", String(32), nullable=True),  # token of the runner that has it
    time("lease_until", nullable=True),
    time("run_at"),
    time("created_at"),
    Column("error", Text, nullable=True),
    Index("ix_job_state_run_at", "state", "run_at"),
)

# Timed jobs: whoever holds the lease runs them.
timed_lease = Table(
    "timed_lease",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(32), nullable=False),
    time("until"),
    time("last_run_at", nullable=True),
)

oauth_app = Table(
    "oauth_app",
    metadata,
    key(),
    Column("client_id", String(64), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=True),
    Column("name", Text, nullable=False),
    Column("website", Text, nullable=True),
    document("redirect_uris", nullable=False),
    Column("scopes", Text, nullable=False),
    time("created_at"),
)

oauth_code = Table(
    "oauth_code",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    to("oauth_app", "app_id"),
    to("login", "login_id"),
    to("account", "account_id"),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("challenge", String(128), nullable=True),
    time("expires_at"),
    time("used_at", nullable=True),
)

oauth_token = Table(
    "oauth_token",
    metadata,
    key(),
    Column("token_hash", String(64), nullable=False, unique=True),
    to("oauth_app", "app_id", index=True),
    to("login", "login_id", nullable=True, index=True),
    to("account", "account_id", nullable=True),
    Column("scopes", Text, nullable=False),
    Column("code_hash", String(64), nullable=True, index=True),  # a code used twice ends its token
    time("created_at"),
    time("last_used_at", nullable=True),
    time("revoked_at", nullable=True),
)

push_subscription = Table(
    "push_subscription",
    metadata,
    key(),
    to("oauth_token", "token_id", unique=True),
    to("account", "account_id", index=True),
    Column("endpoint", Text, nullable=False),
    Column("p256dh", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("standard", Boolean, nullable=False, server_default=false()),
    document("alerts", nullable=False),
    Column("policy", String(12), nullable=False, server_default="all"),
)

# Each policy document that was in force, newest last; the newest is in force.
policy_version = Table(
    "policy_version",
    metadata,
    serial(),
    Column("digest", String(80), nullable=False),
    Column("document", Text, nullable=False),  # canonical JSON
    Column("mandate", Text, nullable=False),  # by what right: preset at first start, steward, enactment
    time("adopted_at"),
)

# What the adoption of a policy did to what was here or waited; one row for each server, effect and reason.
policy_effect = Table(
    "policy_effect",
    metadata,
    serial(),
    Column("version_id", BigInteger, nullable=False, index=True),
    Column("host", String(260), nullable=False),
    Column("what", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    Column("reason", String(200), nullable=False, server_default=""),
    time("at"),
    Index("ix_policy_effect_host_id", "host", "id"),
)

# An answer kept for a while, so that a repeated request has one effect (Idempotency-Key).
idempotent_answer = Table(
    "idempotent_answer",
    metadata,
    serial(),
    to("account", "account_id"),
    Column("request_key", String(200), nullable=False),
    to("post", "post_id"),
    time("created_at", index=True),
    UniqueConstraint("account_id", "request_key"),
)

# Attempts that are counted (sign-in, second factor, sign-up, reset), by a keyed fingerprint of who tries.
attempt = Table(
    "attempt",
    metadata,
    serial(),
    Column("purpose", String(24), nullable=False),
    Column("who_mac", String(64), nullable=False),
    time("created_at"),
    Index("ix_attempt_purpose_who_mac_created_at", "purpose", "who_mac", "created_at"),
)

# Small facts of the instance itself (VAPID key, marks of what was done once), sealed where they are secret.
fact = Table(
    "fact",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=True),
    Column("sealed_value", LargeBinary, nullable=True),
)
