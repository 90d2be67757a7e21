"""Tables of groups. A group is an account of kind `group`; whoever follows an open group takes part in it."""

from sqlalchemy import Column, Index, String, Table, Text, UniqueConstraint

from instance.db.base import key, metadata, time, to

group = Table(
    "group",
    metadata,
    to("account", "id", primary_key=True),
    Column("tier", String(8), nullable=False, server_default="open"),  # open closed sealed
    Column("rules", Text, nullable=False, server_default=""),
    to("account", "created_by", nullable=True, on_delete="SET NULL"),
    time("created_at"),
)

# Who moderates a group; ordinary participation is a follow of its account.
group_role = Table(
    "group_role",
    metadata,
    to("group", "group_id", primary_key=True),
    to("account", "account_id", primary_key=True, index=True),
    Column("role", String(16), nullable=False),  # moderator
    time("created_at"),
)

# Who may moderate a group of another server, as its server says: IRIs, for most of them are nobody we know.
remote_moderator = Table(
    "remote_moderator",
    metadata,
    to("account", "group_id", primary_key=True),
    Column("actor_iri", Text, primary_key=True),
    Index("ix_remote_moderator_actor_iri", "actor_iri"),
)

# Who may not write to a group (ours or a remote one), until when.
group_ban = Table(
    "group_ban",
    metadata,
    to("account", "group_id", primary_key=True),
    to("account", "account_id", primary_key=True, index=True),
    to("account", "by_id", nullable=True, on_delete="SET NULL"),
    Column("iri", Text, nullable=True),  # id of the Block
    Column("reason", Text, nullable=False, server_default=""),
    time("created_at"),
    time("expires_at", nullable=True),
)

# A post that reached a group: waiting, let through (with its boost) or refused. One row for each.
group_post = Table(
    "group_post",
    metadata,
    key(),
    to("group", "group_id"),
    to("post", "post_id", index=True),
    Column("state", String(12), nullable=False),  # held announced refused removed
    to("post", "boost_id", nullable=True, on_delete="SET NULL", unique=True),
    Column("activity_iri", Text, nullable=True),  # id of a remote author's Create, which the group passes on
    to("account", "decided_by", nullable=True, on_delete="SET NULL"),
    time("created_at"),
    time("decided_at", nullable=True),
    UniqueConstraint("group_id", "post_id"),
    Index("ix_group_post_group_id_state_id", "group_id", "state", "id"),
)
