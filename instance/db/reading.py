"""Tables of reading: what is put before whom (home, notifications, lists, filters, markers)."""

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text, UniqueConstraint, false

from instance.db.base import document, key, metadata, serial, time, to

# Home timeline, fanned out on write. `post_id` may be a boost; `shown_id` is the post that it shows.
timeline_entry = Table(
    "timeline_entry",
    metadata,
    to("account", "account_id", primary_key=True),
    to("post", "post_id", primary_key=True),
    to("post", "shown_id"),
    Index("ix_timeline_entry_post_id", "post_id"),
    Index("uq_timeline_entry_account_id_shown_id", "account_id", "shown_id", unique=True),
)

notification = Table(
    "notification",
    metadata,
    key(),
    to("account", "account_id"),
    Column("kind", String(24), nullable=False),
    to("account", "from_id"),
    to("post", "post_id", nullable=True, index=True),
    Column("group_key", String(80), nullable=False),
    Column("about_id", BigInteger, nullable=True),  # a report, or a severance
    time("created_at"),
    Index("ix_notification_account_id_id", "account_id", "id"),
)

marker = Table(
    "marker",
    metadata,
    to("account", "account_id", primary_key=True),
    Column("timeline", String(16), primary_key=True),
    Column("last_read_id", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    time("updated_at"),
)

# A member's own list of accounts. Lists of groups are not rows: each group that she takes part in is one.
reading_list = Table(
    "reading_list",
    metadata,
    key(),
    to("account", "account_id", index=True),
    Column("title", Text, nullable=False),
    Column("replies_policy", String(12), nullable=False, server_default="list"),
    Column("exclusive", Boolean, nullable=False, server_default=false()),
)

reading_list_account = Table(
    "reading_list_account",
    metadata,
    to("reading_list", "list_id", primary_key=True),
    to("account", "account_id", primary_key=True, index=True),
)

word_filter = Table(
    "word_filter",
    metadata,
    key(),
    to("account", "account_id", index=True),
    Column("title", Text, nullable=False),
    document("contexts", nullable=False),
    Column("action", String(8), nullable=False, server_default="warn"),
    time("expires_at", nullable=True),
)

word_filter_keyword = Table(
    "word_filter_keyword",
    metadata,
    key(),
    to("word_filter", "filter_id", index=True),
    Column("keyword", Text, nullable=False),
    Column("whole_word", Boolean, nullable=False, server_default=false()),
)

word_filter_post = Table(
    "word_filter_post",
    metadata,
    key(),
    to("word_filter", "filter_id", index=True),
    to("post", "post_id"),
    UniqueConstraint("filter_id", "post_id"),
)

# One row for each thread of direct posts that an account takes part in.
conversation = Table(
    "conversation",
    metadata,
    key(),
    to("account", "account_id"),
    Column("thread_id", String(20), nullable=False),
    to("post", "last_post_id"),
    document("participants", nullable=False),
    Column("unread", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("account_id", "thread_id"),
    Index("ix_conversation_account_id_last_post_id", "account_id", "last_post_id"),
)

followed_tag = Table(
    "followed_tag",
    metadata,
    serial(),
    to("account", "account_id"),
    Column("name", String(100), nullable=False),
    UniqueConstraint("account_id", "name"),
)
