"""Tables of people: login (who may sign in) is not account (who is shown); DECISIONS 3 and 4."""

from sqlalchemy import Boolean, Column, Index, String, Table, Text, UniqueConstraint, false, true

from instance.db.base import count, document, key, metadata, sealed, serial, time, to

# One row per actor that we show: local, remote, group, application. `domain` is '' for ours.
account = Table(
    "account",
    metadata,
    key(),
    Column("iri", Text, nullable=False, unique=True),
    Column("name", String(200), nullable=False),  # preferredUsername; ours in lower case
    Column("domain", String(260), nullable=False, server_default=""),
    Column(
        "kind", String(16), nullable=False, server_default="person"
    ),  # person group application service organization
    Column("display_name", Text, nullable=False, server_default=""),
    Column("bio", Text, nullable=False, server_default=""),  # safe HTML
    Column("bio_source", Text, nullable=False, server_default=""),
    document("fields"),  # [{name, value (safe HTML), source, verified_at}]
    Column("url", Text, nullable=False, server_default=""),
    Column("avatar", Text, nullable=True),  # key of a file in the media store
    Column("header", Text, nullable=True),
    Column("avatar_remote", Text, nullable=True),
    Column("header_remote", Text, nullable=True),
    Column("avatar_description", Text, nullable=False, server_default=""),
    document("emoji"),  # {shortcode: address of its picture elsewhere} of those in the profile
    Column("followers_iri", Text, nullable=True, index=True),
    Column("locked", Boolean, nullable=False, server_default=false()),
    Column("bot", Boolean, nullable=False, server_default=false()),
    Column("discoverable", Boolean, nullable=False, server_default=false()),
    Column("indexable", Boolean, nullable=False, server_default=false()),
    Column("public_posting", Boolean, nullable=False, server_default=false()),
    Column("default_visibility", String(16), nullable=False, server_default="followers"),
    Column("default_sensitive", Boolean, nullable=False, server_default=false()),
    Column("default_language", String(16), nullable=True),
    document("default_policies"),  # {visibility: policy of a new post}; what is missing is as usual
    document("also_known_as"),
    Column("moved_to", Text, nullable=True),
    time("moved_at", nullable=True),  # when a Move was carried out, ours or a remote one
    count("followers_count"),
    count("following_count"),
    count("posts_count"),
    time("last_post_at", nullable=True),
    time("created_at"),
    time("updated_at"),
    time("fetched_at", nullable=True),
    time("backfilled_at", nullable=True),  # when its newest posts were fetched: once, for its first follower here
    time("suspended_at", nullable=True),
    Column("suspended_by_peer", Boolean, nullable=False, server_default=false()),  # its own server did it, not we
    time("deleted_at", nullable=True),
    Column("limited", Boolean, nullable=False, server_default=false()),  # the policy keeps it out of public timelines
    Column("handle_host", String(260), nullable=True, index=True),  # where the handle is, if not where the actor is
    time("handle_at", nullable=True),  # when that was asked
    UniqueConstraint("name", "domain"),
    Index("ix_account_domain_id", "domain", "id"),
)

login = Table(
    "login",
    metadata,
    key(),
    to("account", "account_id", unique=True),
    Column("email_mac", String(64), nullable=True, unique=True),
    sealed("email"),
    time("email_confirmed_at", nullable=True),
    Column("password_hash", Text, nullable=False),
    Column("role", String(16), nullable=False, server_default="member"),  # member moderator steward
    Column("state", String(16), nullable=False, server_default="active"),  # pending active refused suspended
    Column("locale", String(16), nullable=False, server_default="en"),
    Column("time_zone", String(64), nullable=False, server_default="UTC"),
    sealed("totp"),
    time("totp_confirmed_at", nullable=True),
    Column("totp_last_step", String(16), nullable=True),
    sealed("answer"),  # what was answered to the question at sign-up
    Column("invitation_id", String(32), nullable=True),
    time("created_at"),
    time("last_seen_at", nullable=True),
)

session = Table(
    "session",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    to("login", "login_id", index=True),
    Column("csrf", String(64), nullable=False),
    Column("device", String(80), nullable=False, server_default=""),  # "Firefox on Android", no more
    time("created_at"),
    time("last_seen_at"),
    time("expires_at"),
    time("second_factor_at", nullable=True),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    serial(),
    to("login", "login_id", index=True),
    Column("code_hash", String(64), nullable=False),
    time("used_at", nullable=True),
)

# One-time links: first steward, password reset, e-mail confirmation.
one_time_link = Table(
    "one_time_link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("purpose", String(32), nullable=False),
    to("login", "login_id", nullable=True, index=True),
    time("created_at"),
    time("expires_at"),
    time("used_at", nullable=True),
)

invitation = Table(
    "invitation",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    to("account", "created_by", nullable=True, on_delete="SET NULL"),
    Column("role", String(16), nullable=False, server_default="member"),
    count("max_uses"),
    count("uses"),
    time("created_at"),
    time("expires_at"),
    time("revoked_at", nullable=True),
)

follow = Table(
    "follow",
    metadata,
    key(),
    to("account", "follower_id"),
    to("account", "target_id"),
    Column("state", String(16), nullable=False),  # pending accepted
    Column("iri", Text, nullable=True, unique=True),  # id of the Follow activity
    Column("verb", String(8), nullable=True),  # Join, where it was asked for by that name
    Column("boosts", Boolean, nullable=False, server_default=true()),
    Column("notify", Boolean, nullable=False, server_default=false()),
    document("languages"),
    time("created_at"),
    UniqueConstraint("follower_id", "target_id"),
    Index("ix_follow_target_id_state_id", "target_id", "state", "id"),
    Index("ix_follow_follower_id_state_id", "follower_id", "state", "id"),
)

# A block or a mute of one account by another.
restriction = Table(
    "restriction",
    metadata,
    key(),
    to("account", "account_id"),
    to("account", "target_id", index=True),
    Column("kind", String(8), nullable=False),  # block mute
    Column("notifications", Boolean, nullable=False, server_default=true()),  # a mute hides these too
    Column("iri", Text, nullable=True, unique=True),
    time("created_at"),
    time("expires_at", nullable=True),
    UniqueConstraint("account_id", "target_id", "kind"),
)

# A member's own refusal of a whole server.
domain_restriction = Table(
    "domain_restriction",
    metadata,
    key(),
    to("account", "account_id"),
    Column("domain", String(260), nullable=False),
    time("created_at"),
    UniqueConstraint("account_id", "domain"),
)

# A server that a member's posts don't go to; gentler than refusing it.
kept_from = Table(
    "kept_from",
    metadata,
    to("account", "account_id", primary_key=True),
    Column("host", String(260), primary_key=True, index=True),
    time("since"),
)

account_note = Table(
    "account_note",
    metadata,
    to("account", "account_id", primary_key=True),
    to("account", "target_id", primary_key=True),
    Column("text", Text, nullable=False),
)

# Relations that ended at once because a server was refused, by the instance or by one member: kept to be offered again.
severance = Table(
    "severance",
    metadata,
    key(),
    Column("kind", String(24), nullable=False),  # domain_block user_domain_block account_suspension
    Column("target_name", String(460), nullable=False),  # the server, or the handle
    to("account", "account_id"),  # the member who lost them
    count("followers_count"),
    count("following_count"),
    time("created_at"),
    time("lifted_at", nullable=True),
    Index("ix_severance_account_id_id", "account_id", "id"),
    Index("ix_severance_target_name_kind", "target_name", "kind"),
)

severed_relation = Table(
    "severed_relation",
    metadata,
    to("severance", "severance_id", primary_key=True),
    to("account", "other_id", primary_key=True, index=True),
    Column("direction", String(10), primary_key=True),  # following, follower
    Column("boosts", Boolean, nullable=False, server_default=true()),
    Column("notify", Boolean, nullable=False, server_default=false()),
    document("languages"),
)
