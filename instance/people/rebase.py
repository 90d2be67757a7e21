"""A development instance that moved to another address: rewrite the addresses of what is ours.

In production an address is for ever (`remembered.settle_base_url`). What other servers were told stays told.
"""

from sqlalchemy import Column, Table, func, select, update

from federation.at_rest import SEALED, open_out, seal_out
from federation.schema import local_key, outbox_item
from instance.db.content import favourite, poll_vote, post, report
from instance.db.people import account, follow, restriction
from instance.db.unit import Unit

# Columns that hold one address each.
ADDRESSES = (
    account.c.iri, account.c.url, account.c.followers_iri, account.c.moved_to, post.c.iri, post.c.url,
    post.c.reply_to_iri, follow.c.iri, restriction.c.iri, favourite.c.iri, poll_vote.c.iri, report.c.iri,
    outbox_item.c.activity, outbox_item.c.actor,
)  # fmt: skip
# Columns that hold text with addresses in it.
TEXTS = (account.c.bio, post.c.content)


def rebase(u: Unit, old: str, new: str) -> None:
    """Put `new` for `old` (base URLs) wherever we name ourselves. Doing it again changes nothing more."""
    old, new = f"{old}/", f"{new}/"
    for column in ADDRESSES:
        ours = func.substr(column, 1, len(old)) == old
        moved = new + func.substr(column, len(old) + 1)
        u.connection.execute(update(_table(column)).where(ours).values({column: moved}))
    for column in TEXTS:
        holds = column.contains(old, autoescape=True)
        u.connection.execute(update(_table(column)).where(holds).values({column: func.replace(column, old, new)}))
    _keys(u, old, new)
    _bodies(u, old, new)


def _table(column: Column[str]) -> Table:
    table: Table = column.table
    return table


def _keys(u: Unit, old: str, new: str) -> None:
    """Private keys are sealed to their id, so they are sealed anew."""
    vault = u.site.vault
    for row in u.connection.execute(select(local_key.c.id, local_key.c.actor, local_key.c.private)).all():
        if not row.id.startswith(old):
            continue
        key_id, actor = new + row.id[len(old) :], new + row.actor[len(old) :]
        private = vault.seal(vault.open(row.private, "local_key", "private", row.id), "local_key", "private", key_id)
        moved = update(local_key).where(local_key.c.id == row.id)
        u.connection.execute(moved.values(id=key_id, actor=actor, private=private))


def _bodies(u: Unit, old: str, new: str) -> None:
    """Activities that still wait to be delivered."""
    kept = select(outbox_item.c.id, outbox_item.c.body, outbox_item.c.facts).where(outbox_item.c.body.is_not(None))
    for row in u.connection.execute(kept).all():
        sealed = bool(row.facts.get(SEALED))
        said = open_out(u.site.vault, row.body, row.id) if sealed else row.body
        if old.encode() in said:
            body = said.replace(old.encode(), new.encode())
            body = seal_out(u.site.vault, body, row.id) if sealed else body
            u.connection.execute(update(outbox_item).where(outbox_item.c.id == row.id).values(body=body))
