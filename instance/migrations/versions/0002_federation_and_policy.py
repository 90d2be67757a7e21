"""Tables of complete federation and of policies that bind."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("iri", sa.Text(), nullable=True),
        sa.Column("offer_iri", sa.Text(), nullable=True),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("peer_actor", sa.Text(), nullable=True),
        sa.Column("our_digest", sa.String(length=80), nullable=True),
        sa.Column("peer_digest", sa.String(length=80), nullable=True),
        sa.Column("requires", sa.Text(), nullable=True),
        sa.Column("probing", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("canary", sa.Text(), nullable=True),
        sa.Column("offer", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("iri", name=op.f("uq_agreement_iri")),
        sa.UniqueConstraint("offer_iri", name=op.f("uq_agreement_offer_iri")),
    )
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.create_index("ix_agreement_host_state", ["host", "state"], unique=False)

    op.create_table(
        "peer_about",
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("says", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("run_by", sa.String(length=16), nullable=True),
        sa.Column("marked_by", sa.String(length=80), nullable=True),
        sa.Column("marked_at", sa.BigInteger(), nullable=True),
        sa.Column("told_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_peer_about")),
    )
    op.create_table(
        "peer_advice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("form", sa.String(length=12), nullable=False),
        sa.Column("opinion", sa.String(length=16), nullable=False),
        sa.Column("treat", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_advice")),
        sa.UniqueConstraint("host", "source", "opinion", name=op.f("uq_peer_advice_host_source_opinion")),
    )
    op.create_table(
        "peer_trust",
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("policy_iri", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("document_hash", sa.String(length=64), nullable=True),
        sa.Column("digest", sa.String(length=80), nullable=True),
        sa.Column("fault", sa.String(length=40), nullable=True),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("knocked_at", sa.BigInteger(), nullable=True),
        sa.Column("look_at", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.String(length=8), server_default="none", nullable=False),
        sa.Column("level_since", sa.BigInteger(), nullable=True),
        sa.Column("level_until", sa.BigInteger(), nullable=True),
        sa.Column("waits_until", sa.BigInteger(), nullable=True),
        sa.Column("suspended_at", sa.BigInteger(), nullable=True),
        sa.Column("suspended_why", sa.String(length=200), nullable=True),
        sa.Column("audited_by", sa.String(length=200), nullable=True),
        sa.Column("audited_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_peer_trust")),
    )
    with op.batch_alter_table("peer_trust", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_peer_trust_knocked_at"), ["knocked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_peer_trust_look_at"), ["look_at"], unique=False)

    op.create_table(
        "policy_effect",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_effect")),
    )
    with op.batch_alter_table("policy_effect", schema=None) as batch_op:
        batch_op.create_index("ix_policy_effect_host_id", ["host", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_policy_effect_version_id"), ["version_id"], unique=False)

    op.create_table(
        "satisfaction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("requirement", sa.Text(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("failed", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_satisfaction")),
        sa.UniqueConstraint("host", "requirement", name=op.f("uq_satisfaction_host_requirement")),
    )
    op.create_table(
        "trust_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("old", sa.String(length=8), nullable=False),
        sa.Column("new", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_change")),
    )
    with op.batch_alter_table("trust_change", schema=None) as batch_op:
        batch_op.create_index("ix_trust_change_host_id", ["host", "id"], unique=False)

    op.create_table(
        "group_ban",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("iri", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_group_ban_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["account.id"], name=op.f("fk_group_ban_by_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_group_ban_group_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "account_id", name=op.f("pk_group_ban")),
    )
    with op.batch_alter_table("group_ban", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_ban_account_id"), ["account_id"], unique=False)

    op.create_table(
        "kept_from",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_kept_from_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "host", name=op.f("pk_kept_from")),
    )
    with op.batch_alter_table("kept_from", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_from_host"), ["host"], unique=False)

    op.create_table(
        "remote_moderator",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_iri", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_remote_moderator_group_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "actor_iri", name=op.f("pk_remote_moderator")),
    )
    with op.batch_alter_table("remote_moderator", schema=None) as batch_op:
        batch_op.create_index("ix_remote_moderator_actor_iri", ["actor_iri"], unique=False)

    op.create_table(
        "severance",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("target_name", sa.String(length=460), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("followers_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("following_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_severance_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_severance")),
    )
    with op.batch_alter_table("severance", schema=None) as batch_op:
        batch_op.create_index("ix_severance_account_id_id", ["account_id", "id"], unique=False)
        batch_op.create_index("ix_severance_target_name_kind", ["target_name", "kind"], unique=False)

    op.create_table(
        "dislike",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("iri", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_dislike_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_dislike_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dislike")),
        sa.UniqueConstraint("account_id", "post_id", name=op.f("uq_dislike_account_id_post_id")),
        sa.UniqueConstraint("iri", name=op.f("uq_dislike_iri")),
    )
    with op.batch_alter_table("dislike", schema=None) as batch_op:
        batch_op.create_index("ix_dislike_account_id_id", ["account_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dislike_post_id"), ["post_id"], unique=False)

    op.create_table(
        "group_requirement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asked", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("set_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["group.id"], name=op.f("fk_group_requirement_group_id_group"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_requirement")),
        sa.UniqueConstraint("group_id", "number", name=op.f("uq_group_requirement_group_id_number")),
    )
    op.create_table(
        "interaction",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("by_post_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("target_iri", sa.Text(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("target_id", sa.BigInteger(), nullable=True),
        sa.Column("request_iri", sa.Text(), nullable=True),
        sa.Column("approval_iri", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_interaction_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["by_post_id"], ["post.id"], name=op.f("fk_interaction_by_post_id_post"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_interaction_post_id_post"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["account.id"], name=op.f("fk_interaction_target_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
        sa.UniqueConstraint("kind", "iri", name=op.f("uq_interaction_kind_iri")),
    )
    with op.batch_alter_table("interaction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_interaction_approval_iri"), ["approval_iri"], unique=False)
        batch_op.create_index(batch_op.f("ix_interaction_by_post_id"), ["by_post_id"], unique=False)
        batch_op.create_index("ix_interaction_post_id_kind_state", ["post_id", "kind", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_interaction_request_iri"), ["request_iri"], unique=False)
        batch_op.create_index(batch_op.f("ix_interaction_target_id"), ["target_id"], unique=False)

    op.create_table(
        "probe",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=True),
        sa.Column("steps", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("canary_iri", sa.Text(), nullable=True),
        sa.Column("copy_iri", sa.Text(), nullable=True),
        sa.Column("canary_word", sa.LargeBinary(), nullable=True),
        sa.Column("delete_iri", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.String(length=80), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_probe_post_id_post"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probe")),
    )
    with op.batch_alter_table("probe", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_probe_due_at"), ["due_at"], unique=False)
        batch_op.create_index("ix_probe_host_id", ["host", "id"], unique=False)

    op.create_table(
        "severed_relation",
        sa.Column("severance_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("boosts", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("notify", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["other_id"], ["account.id"], name=op.f("fk_severed_relation_other_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["severance_id"],
            ["severance.id"],
            name=op.f("fk_severed_relation_severance_id_severance"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("severance_id", "other_id", "direction", name=op.f("pk_severed_relation")),
    )
    with op.batch_alter_table("severed_relation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_severed_relation_other_id"), ["other_id"], unique=False)

    op.create_table(
        "vote",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_iri", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_vote_group_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_vote_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote")),
        sa.UniqueConstraint("post_id", "actor_iri", name=op.f("uq_vote_post_id_actor_iri")),
    )
    with op.batch_alter_table("vote", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vote_actor_iri"), ["actor_iri"], unique=False)

    op.create_table(
        "delivery_gap",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_gap")),
    )
    with op.batch_alter_table("delivery_gap", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_gap_host"), ["host"], unique=False)

    op.create_table(
        "refusal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("activity_key", sa.String(length=80), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=True),
        sa.Column("refused_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
    )
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refusal_about"), ["about"], unique=False)
        batch_op.create_index(batch_op.f("ix_refusal_activity_key"), ["activity_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_refusal_refused_at"), ["refused_at"], unique=False)

    op.create_table(
        "turned_away",
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", "kind", "reason", name=op.f("pk_turned_away")),
    )
    op.create_table(
        "withdrawn",
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("iri", "actor", name=op.f("pk_withdrawn")),
    )
    with op.batch_alter_table("withdrawn", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_withdrawn_at"), ["at"], unique=False)

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("emoji", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("default_policies", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("moved_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("backfilled_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("limited", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("handle_host", sa.String(length=260), nullable=True))
        batch_op.add_column(sa.Column("handle_at", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_account_handle_host"), ["handle_host"], unique=False)

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_item_id"))
        batch_op.create_index("ix_delivery_item_id_state", ["item_id", "state"], unique=False)

    with op.batch_alter_table("follow", schema=None) as batch_op:
        batch_op.add_column(sa.Column("verb", sa.String(length=8), nullable=True))

    with op.batch_alter_table("inbox_activity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("family", sa.String(length=260), server_default="-", nullable=False))
        batch_op.add_column(sa.Column("about", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("object_kind", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("let_in_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("signed_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("spent", sa.JSON(none_as_null=True), nullable=True))
        batch_op.drop_index(batch_op.f("ix_inbox_activity_state_next_try_at"))
        batch_op.create_index(batch_op.f("ix_inbox_activity_about"), ["about"], unique=False)
        batch_op.create_index(
            "ix_inbox_activity_state_family_next_try_at", ["state", "family", "next_try_at"], unique=False
        )

    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about_id", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("outbox_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_item_with_body",
            ["id"],
            unique=False,
            sqlite_where=sa.text("body IS NOT NULL"),
            postgresql_where=sa.text("body IS NOT NULL"),
        )

    with op.batch_alter_table("peer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("took", sa.Integer(), nullable=True))

    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(sa.Column("emoji", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("limited", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("dislikes_count", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("quotes_count", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("context_iri", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("thread_asked_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("policy", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("consent", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("approved_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("locked_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("removed_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("removed_reason", sa.Text(), nullable=True))
        batch_op.create_index(batch_op.f("ix_post_url"), ["url"], unique=False)

    with op.batch_alter_table("remote_file", schema=None) as batch_op:
        batch_op.create_index("ix_remote_file_size", ["size"], unique=False)

    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.add_column(sa.Column("assigned_to", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_column("assigned_to")

    with op.batch_alter_table("remote_file", schema=None) as batch_op:
        batch_op.drop_index("ix_remote_file_size")

    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_post_url"))
        batch_op.drop_column("removed_reason")
        batch_op.drop_column("removed_at")
        batch_op.drop_column("locked_at")
        batch_op.drop_column("approved_by")
        batch_op.drop_column("consent")
        batch_op.drop_column("policy")
        batch_op.drop_column("thread_asked_at")
        batch_op.drop_column("context_iri")
        batch_op.drop_column("quotes_count")
        batch_op.drop_column("dislikes_count")
        batch_op.drop_column("limited")
        batch_op.drop_column("emoji")

    with op.batch_alter_table("peer", schema=None) as batch_op:
        batch_op.drop_column("took")

    with op.batch_alter_table("outbox_item", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_item_with_body",
            sqlite_where=sa.text("body IS NOT NULL"),
            postgresql_where=sa.text("body IS NOT NULL"),
        )

    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_column("about_id")

    with op.batch_alter_table("inbox_activity", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_activity_state_family_next_try_at")
        batch_op.drop_index(batch_op.f("ix_inbox_activity_about"))
        batch_op.create_index(batch_op.f("ix_inbox_activity_state_next_try_at"), ["state", "next_try_at"], unique=False)
        batch_op.drop_column("spent")
        batch_op.drop_column("signed_at")
        batch_op.drop_column("let_in_at")
        batch_op.drop_column("object_kind")
        batch_op.drop_column("about")
        batch_op.drop_column("family")

    with op.batch_alter_table("follow", schema=None) as batch_op:
        batch_op.drop_column("verb")

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_delivery_item_id_state")
        batch_op.create_index(batch_op.f("ix_delivery_item_id"), ["item_id"], unique=False)

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_handle_host"))
        batch_op.drop_column("handle_at")
        batch_op.drop_column("handle_host")
        batch_op.drop_column("limited")
        batch_op.drop_column("backfilled_at")
        batch_op.drop_column("moved_at")
        batch_op.drop_column("default_policies")
        batch_op.drop_column("emoji")

    with op.batch_alter_table("withdrawn", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_withdrawn_at"))

    op.drop_table("withdrawn")
    op.drop_table("turned_away")
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refusal_refused_at"))
        batch_op.drop_index(batch_op.f("ix_refusal_activity_key"))
        batch_op.drop_index(batch_op.f("ix_refusal_about"))

    op.drop_table("refusal")
    with op.batch_alter_table("delivery_gap", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_gap_host"))

    op.drop_table("delivery_gap")
    with op.batch_alter_table("vote", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vote_actor_iri"))

    op.drop_table("vote")
    with op.batch_alter_table("severed_relation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_severed_relation_other_id"))

    op.drop_table("severed_relation")
    with op.batch_alter_table("probe", schema=None) as batch_op:
        batch_op.drop_index("ix_probe_host_id")
        batch_op.drop_index(batch_op.f("ix_probe_due_at"))

    op.drop_table("probe")
    with op.batch_alter_table("interaction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_interaction_target_id"))
        batch_op.drop_index(batch_op.f("ix_interaction_request_iri"))
        batch_op.drop_index("ix_interaction_post_id_kind_state")
        batch_op.drop_index(batch_op.f("ix_interaction_by_post_id"))
        batch_op.drop_index(batch_op.f("ix_interaction_approval_iri"))

    op.drop_table("interaction")
    op.drop_table("group_requirement")
    with op.batch_alter_table("dislike", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dislike_post_id"))
        batch_op.drop_index("ix_dislike_account_id_id")

    op.drop_table("dislike")
    with op.batch_alter_table("severance", schema=None) as batch_op:
        batch_op.drop_index("ix_severance_target_name_kind")
        batch_op.drop_index("ix_severance_account_id_id")

    op.drop_table("severance")
    with op.batch_alter_table("remote_moderator", schema=None) as batch_op:
        batch_op.drop_index("ix_remote_moderator_actor_iri")

    op.drop_table("remote_moderator")
    with op.batch_alter_table("kept_from", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_from_host"))

    op.drop_table("kept_from")
    with op.batch_alter_table("group_ban", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_ban_account_id"))

    op.drop_table("group_ban")
    with op.batch_alter_table("trust_change", schema=None) as batch_op:
        batch_op.drop_index("ix_trust_change_host_id")

    op.drop_table("trust_change")
    op.drop_table("satisfaction")
    with op.batch_alter_table("policy_effect", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_policy_effect_version_id"))
        batch_op.drop_index("ix_policy_effect_host_id")

    op.drop_table("policy_effect")
    with op.batch_alter_table("peer_trust", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_peer_trust_look_at"))
        batch_op.drop_index(batch_op.f("ix_peer_trust_knocked_at"))

    op.drop_table("peer_trust")
    op.drop_table("peer_advice")
    op.drop_table("peer_about")
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.drop_index("ix_agreement_host_state")

    op.drop_table("agreement")
