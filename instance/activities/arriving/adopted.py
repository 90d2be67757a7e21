"""Another policy is in force: what is here already of other servers is treated by it, and every effect is written down.

Accounts go out of sight or come back, their pictures go. Relations end in `severed`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update

from instance.activities.arriving.judging import NO_EMOJI, NO_EMOJI_IN_NAMES
from instance.content.remote_parts import UNFETCHED
from instance.content.words import columns, words_of
from instance.db.content import attachment, post
from instance.db.people import account
from instance.db.unit import Unit
from instance.events import PeerLookedAt, PolicyAdopted
from instance.media import remote as pictures
from instance.policy.effects import note
from instance.policy.inforce import in_force_here
from instance.policy.peers import facts_where_asked
from policies.decision import Obligation
from policies.document import PolicyDocument
from policies.facts import PeerFacts
from policies.inbound import of_account

CHUNK = 500
Whose = ColumnElement[bool]


def on_policy_adopted(u: Unit, _event: PolicyAdopted) -> None:
    """All known servers at once."""
    treat(u)


def on_peer_looked_at(u: Unit, event: PeerLookedAt) -> None:
    """One server, where its stance depends on what it promises."""
    if in_force_here(u.connection).requirement.asks:
        treat(u, event.host)


def treat(u: Unit, only: str | None = None) -> None:
    """Do to the accounts of all known servers (or `only` one) what the policy in force says of them."""
    policy = in_force_here(u.connection).at(u.now)
    remote = select(account.c.domain).where(account.c.domain != "").distinct()
    hosts = [only] if only is not None else list(u.connection.execute(remote).scalars())
    peers = facts_where_asked(u.connection, policy, hosts, u.now)
    alike: dict[frozenset[Obligation], list[str]] = defaultdict(list)
    for host in hosts:
        alike[of_account(policy, peers[host], "").obligations].append(host)
    named = _named(u, policy, only)
    for obligations, some in alike.items():
        for start in range(0, len(some), CHUNK):
            whose = and_(account.c.domain.in_(some[start : start + CHUNK]), account.c.iri.not_in(list(named)))
            _treat(u, whose, obligations)
    for iri, host in named.items():
        peer = peers.get(host, PeerFacts(host, at=u.now))
        _treat(u, account.c.iri == iri, of_account(policy, peer, iri).obligations)


def _named(u: Unit, policy: PolicyDocument, only: str | None) -> dict[str, str]:
    """Accounts with a rule of their own, and their servers."""
    wanted = select(account.c.iri, account.c.domain).where(account.c.iri.in_(list(policy.incoming.accounts)))
    rows = u.connection.execute(wanted.where(account.c.domain != "")).all()
    return {row.iri: row.domain for row in rows if only is None or row.domain == only}


def _treat(u: Unit, whose: Whose, obligations: frozenset[Obligation]) -> None:
    limited = Obligation.KEEP_OUT_OF_PUBLIC_TIMELINES in obligations
    unfetched = Obligation.DO_NOT_FETCH_MEDIA in obligations
    moved = update(account).where(whose, account.c.domain != "", account.c.limited != limited)
    rows = u.connection.execute(moved.values(limited=limited, updated_at=u.now).returning(account.c.domain)).scalars()
    _note(u, rows, "out of sight" if limited else "back in sight")
    for column, takes in (("avatar_remote", Obligation.REMOVE_AVATAR), ("header_remote", Obligation.REMOVE_BANNER)):
        if takes in obligations or unfetched:
            gone = update(account).where(whose, account.c.domain != "", account.c[column].is_not(None))
            values: dict[str, Any] = {column: None, "updated_at": u.now}
            _note(
                u, u.connection.execute(gone.values(values).returning(account.c.domain)).scalars(), "pictures taken out"
            )
    _fetch(u, whose, unfetched=unfetched)
    if obligations & NO_EMOJI_IN_NAMES:
        _take_emoji(u, whose, of_posts=bool(obligations & NO_EMOJI))


def _fetch(u: Unit, whose: Whose, *, unfetched: bool) -> None:
    """Whether the files of these accounts' posts are fetched when somebody looks; if not, our copies of them go."""
    theirs = select(account.c.id).where(whose, account.c.domain != "")
    before, after = ("ready", UNFETCHED) if unfetched else (UNFETCHED, "ready")
    files = update(attachment).where(attachment.c.account_id.in_(theirs), attachment.c.remote_url.is_not(None))
    changed = files.where(attachment.c.state == before, attachment.c.file.is_(None)).values(state=after)
    rows = u.connection.execute(changed.returning(attachment.c.post_id, attachment.c.remote_url)).all()
    ids = {row.post_id for row in rows if row.post_id is not None}
    for start in range(0, len(rows) if unfetched else 0, CHUNK):
        pictures.forget(u, [row.remote_url for row in rows[start : start + CHUNK]])
    for start in range(0, len(ids), CHUNK):
        some = post.c.id.in_(sorted(ids)[start : start + CHUNK])
        u.connection.execute(update(post).where(some).values(version=post.c.version + 1))


def _take_emoji(u: Unit, whose: Whose, *, of_posts: bool) -> None:
    """Custom emoji of these accounts become their shortcodes again."""
    theirs = and_(whose, account.c.domain != "")
    gone = update(account).where(theirs, account.c.emoji.is_not(None))
    hosts = u.connection.execute(gone.values(emoji=None, updated_at=u.now).returning(account.c.domain)).scalars()
    _note(u, hosts, "pictures taken out")
    if not of_posts:
        return
    written = post.c.account_id.in_(select(account.c.id).where(theirs))
    taken = {"emoji": None, "version": post.c.version + 1}
    u.connection.execute(update(post).where(written, post.c.emoji.is_not(None)).values(**taken))
    for row in u.connection.execute(select(post).where(written, post.c.words.is_not(None))).all():
        words = words_of(u.site.vault, row)
        if words.emoji:
            sealed = columns(u.site.vault, row.id, row.visibility, replace(words, emoji={}))
            u.connection.execute(update(post).where(post.c.id == row.id).values(**sealed, version=post.c.version + 1))


def _note(u: Unit, hosts: Iterable[str], what: str) -> None:
    counts: dict[str, int] = defaultdict(int)
    for host in hosts:
        counts[host] += 1
    for host, number in counts.items():
        note(u, host, what, number)
