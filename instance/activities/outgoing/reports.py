"""A member's report that she wants to be told to the other server: sent by the Application, so that she stays unnamed."""

from sqlalchemy import select

from federation.vocab import build
from instance.activities.outgoing.sending import send
from instance.content import reports
from instance.db.content import post
from instance.db.unit import Unit
from instance.events import ReportFiled
from instance.ids import slug
from instance.people import accounts


def on_report(u: Unit, event: ReportFiled) -> None:
    """Flag: to the server of whom it is about, and to the remote groups that the posts are in; to no other."""
    row = reports.by_id(u.connection, event.report_id)
    found = accounts.by_ids(u.connection, [row.account_id, row.target_id])
    target = found[row.target_id]
    if not row.forward or found[row.account_id].domain:
        return
    asked = select(post.c.iri, post.c.group_id).where(post.c.id.in_(row.post_ids or []), post.c.account_id == target.id)
    posts = u.connection.execute(asked.order_by(post.c.id)).all()
    words = reports.words_of(u.site.vault, row)
    if target.domain:
        _flag(u, [target.iri, *(one.iri for one in posts)], target.iri, words)
    for group in accounts.by_ids(u.connection, reports.remote_groups(u.connection, row)).values():
        for one in posts:
            if one.group_id == group.id:  # the Lemmy family takes one address at a time
                _flag(u, one.iri, group.iri, words, audience=group.iri)


def _flag(u: Unit, about: list[str] | str, to: str, words: str, **terms: str) -> None:
    """The words stand where Mastodon looks for them (`content`), and the Lemmy family (`summary`)."""
    application = u.site.url("/actor")
    told = {"to": [to], "published": u.now, "content": words, "summary": words, **terms}
    made = build.activity("Flag", f"{application}#flags/{slug()}", application, "", **told) | {"object": about}
    send(u, made, actor=application, recipients=[to])
