"""A member's report that she wants to be told to the other server: sent by the Application, so that she stays unnamed."""

from sqlalchemy import select

from federation.vocab import build
from instance.activities.sending import iris_of, send
from instance.content import reports
from instance.db.content import post
from instance.db.unit import Unit
from instance.events import ReportFiled
from instance.ids import slug
from instance.people import accounts


def on_report(u: Unit, event: ReportFiled) -> None:
    """Flag: to the server of whom it is about and to no other."""
    row = reports.by_id(u.connection, event.report_id)
    found = accounts.by_ids(u.connection, [row.account_id, row.target_id])
    target = found[row.target_id]
    if not row.forward or found[row.account_id].domain or not target.domain:
        return
    posts = select(post.c.iri).where(post.c.id.in_(row.post_ids or []), post.c.account_id == target.id)
    about = [target.iri, *u.connection.execute(posts.order_by(post.c.id)).scalars()]
    application = u.site.url("/actor")
    words = reports.words_of(u.site.vault, row)
    terms = {"content": words, "to": iris_of(u.connection, [target.id]), "published": u.now}
    made = build.activity("Flag", f"{application}#flags/{slug()}", application, "", **terms) | {"object": about}
    send(u, made, actor=application, recipients=[target.iri])
