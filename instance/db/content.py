"""Tables of content: posts and what hangs on them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint, false

from instance.db.base import count, document, key, metadata, sealed, serial, time, to

# A boost is a row too, with `boost_of_id` and no words of its own.
post = Table(
    "post",
    metadata,
    key(),
    Column("iri", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False, server_default="", index=True),
    to("account", "account_id"),
    to("post", "boost_of_id", nullable=True, index=True),
    to("post", "reply_to_id", nullable=True, on_delete="SET NULL", index=True),
    to("account", "reply_to_account_id", nullable=True, on_delete="SET NULL"),
    Column("reply_to_iri", Text, nullable=True, index=True),
    Column("thread_id", String(20), nullable=False, index=True),  # id of the thread's first known post
    to("account", "group_id", nullable=True, on_delete="SET NULL", index=True),  # ours or a remote one
    Column("visibility", String(12), nullable=False),  # public unlisted followers group direct (DECISIONS 7)
    Column("local_only", Boolean, nullable=False, server_default=false()),
    Column("kind", String(12), nullable=False, server_default="note"),  # note page article question event video ...
    Column("title", Text, nullable=False, server_default=""),
    Column("summary", Text, nullable=False, server_default=""),  # content warning
    Column("content", Text, nullable=False, server_default=""),  # safe HTML; empty where `words` is sealed
    Column("source", Text, nullable=False, server_default=""),
    Column("source_type", String(16), nullable=False, server_default="text/plain"),  # or text/markdown
    document("emoji"),  # {shortcode: address of its picture elsewhere} of those in the words; NULL where sealed
    sealed("words"),  # {title, summary, content, source, emoji} of a direct or closed post
    Column("sensitive", Boolean, nullable=False, server_default=false()),
    Column("language", String(16), nullable=True),
    Column("limited", Boolean, nullable=False, server_default=false()),  # a rule keeps it out of public timelines
    to("oauth_app", "app_id", nullable=True, on_delete="SET NULL"),
    count("replies_count"),
    count("boosts_count"),
    count("favourites_count"),
    count("dislikes_count"),  # told by other servers, shown nowhere
    count("quotes_count"),
    Column("context_iri", Text, nullable=True),  # the collection of its thread (FEP-7888), told by whom it answers
    time("thread_asked_at", nullable=True),  # of a thread's first post: when other servers were last asked for the rest
    document("policy"),  # who may reply, like, boost, quote (policies.interaction); NULL: the usual rules
    Column("consent", String(8), nullable=True),  # pending, refused: not let by whom it answers or boosts; NULL: shown
    Column("approved_by", Text, nullable=True),  # the authorization that an answer or boost goes with
    count("version"),  # goes up with everything that changes how the post is rendered for a stranger
    time("created_at"),
    time("received_at"),
    time("edited_at", nullable=True),
    time("deleted_at", nullable=True),
    time("locked_at", nullable=True),  # nobody may answer it, or what hangs below it
    time("removed_at", nullable=True),  # its group's moderators took it out of the group
    Column("removed_reason", Text, nullable=True),
    Index("ix_post_account_id_id", "account_id", "id"),
    Index("ix_post_visibility_id", "visibility", "id"),
    Index("uq_post_account_id_boost_of_id", "account_id", "boost_of_id", unique=True),
)

revision = Table(
    "revision",
    metadata,
    serial(),
    to("post", "post_id", index=True),
    document("snapshot"),  # {title, summary, content, source, sensitive, media, poll}
    sealed("words"),
    time("created_at"),
)

mention = Table(
    "mention",
    metadata,
    to("post", "post_id", primary_key=True),
    to("account", "account_id", primary_key=True),
    Column("silent", Boolean, nullable=False, server_default=false()),  # addressed, but not named in the text
    Index("ix_mention_account_id_post_id", "account_id", "post_id"),
)

tag = Table(
    "tag",
    metadata,
    Column("name", String(100), primary_key=True),  # lower case
    to("post", "post_id", primary_key=True),
    Column("shown_as", String(100), nullable=False),
    Index("ix_tag_post_id", "post_id"),
)

attachment = Table(
    "attachment",
    metadata,
    key(),
    to("account", "account_id", index=True),
    to("post", "post_id", nullable=True, index=True),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("kind", String(12), nullable=False),  # image video audio gifv unknown
    Column("state", String(12), nullable=False, server_default="ready"),  # processing ready failed unfetched
    Column("file", Text, nullable=True),  # key in the media store
    Column("preview", Text, nullable=True),
    Column("mime", String(80), nullable=False, server_default=""),
    Column("remote_url", Text, nullable=True),
    Column("description", Text, nullable=False, server_default=""),
    Column("blurhash", String(120), nullable=True),
    document("meta"),  # {original: {width, height}, small: {width, height}, focus: {x, y}}
    time("created_at"),
)

# A remote picture that we fetched, checked and serve ourselves; a bounded store, oldest use goes first.
remote_file = Table(
    "remote_file",
    metadata,
    Column("url_hash", String(64), primary_key=True),
    Column("file", Text, nullable=True),
    Column("state", String(12), nullable=False),  # wanted ready failed
    count("size"),
    count("tries"),
    time("created_at"),
    time("used_at", index=True),
    Index("ix_remote_file_size", "size"),  # they are summed up after each that comes
)

poll = Table(
    "poll",
    metadata,
    key(),
    to("post", "post_id", unique=True),
    document("options", nullable=False),  # [{title, votes}]
    Column("multiple", Boolean, nullable=False, server_default=false()),
    Column("hide_totals", Boolean, nullable=False, server_default=false()),
    count("votes_count"),
    count("voters_count"),
    time("expires_at", nullable=True),
    time("closed_at", nullable=True),
)

poll_vote = Table(
    "poll_vote",
    metadata,
    serial(),
    to("poll", "poll_id"),
    to("account", "account_id"),
    Column("choice", Integer, nullable=False),
    Column("iri", Text, nullable=True, unique=True),
    time("created_at"),
    UniqueConstraint("poll_id", "account_id", "choice"),
)


def _mark(name: str, *columns: Column[str]) -> Table:
    """A member's mark on a post; its id pages the list of marks."""
    return Table(
        name,
        metadata,
        key(),
        to("account", "account_id"),
        to("post", "post_id", index=True),
        *columns,
        time("created_at"),
        UniqueConstraint("account_id", "post_id"),
        Index(f"ix_{name}_account_id_id", "account_id", "id"),
    )


favourite = _mark("favourite", Column("iri", Text, nullable=True, unique=True))
dislike = _mark("dislike", Column("iri", Text, nullable=True, unique=True))
bookmark = _mark("bookmark")

# Likes and dislikes that a group tells of, given by whoever it says: counted, and no more is made of them.
vote = Table(
    "vote",
    metadata,
    serial(),
    to("post", "post_id"),
    to("account", "group_id"),
    Column("actor_iri", Text, nullable=False, index=True),
    Column("kind", String(8), nullable=False),  # like dislike
    time("created_at"),
    UniqueConstraint("post_id", "actor_iri"),
)
pin = _mark("pin")

thread_mute = Table(
    "thread_mute",
    metadata,
    to("account", "account_id", primary_key=True),
    Column("thread_id", String(20), primary_key=True),
    time("created_at"),
)

# Something that somebody does with a post and that its author has a say in: a reply, a like, a boost, a quote.
interaction = Table(
    "interaction",
    metadata,
    key(),
    Column("kind", String(8), nullable=False),  # reply like boost quote
    Column("state", String(8), nullable=False),  # pending accepted rejected revoked deleted
    Column("iri", Text, nullable=False),  # of the reply, Like, Announce or quoting post
    to("post", "by_post_id", nullable=True, on_delete="SET NULL", index=True),  # the reply, boost or quoting post
    to("account", "account_id"),  # whose it is
    Column("target_iri", Text, nullable=False),
    to("post", "post_id", nullable=True, on_delete="SET NULL"),
    to("account", "target_id", nullable=True, index=True),  # who decides; NULL: not known yet
    Column("request_iri", Text, nullable=True, index=True),
    Column("approval_iri", Text, nullable=True, index=True),
    time("created_at"),
    time("decided_at", nullable=True),
    UniqueConstraint("kind", "iri"),
    Index("ix_interaction_post_id_kind_state", "post_id", "kind", "state"),
)

report = Table(
    "report",
    metadata,
    key(),
    to("account", "account_id"),  # who reports
    to("account", "target_id"),
    to("group", "group_id", nullable=True, on_delete="SET NULL"),
    document("post_ids"),
    document("rule_ids"),
    Column("category", String(16), nullable=False, server_default="other"),
    sealed("comment"),
    Column("forward", Boolean, nullable=False, server_default=false()),
    Column("iri", Text, nullable=True, unique=True),
    to("account", "closed_by", nullable=True, on_delete="SET NULL"),
    Column("assigned_to", BigInteger, nullable=True),  # id of the account that looks into it
    time("created_at"),
    time("closed_at", nullable=True),
)
