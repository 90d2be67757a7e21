"""Writing: the composer's form becomes a post; a refusal gives the form back as it was."""

from collections.abc import Sequence

from instance.content.posts import Draft, write
from instance.errors import RefusalError
from instance.i18n import N_, _
from instance.media.attachments import Words
from instance.web.frame.forms import Form
from instance.web.frame.visitor import Visitor
from instance.web.pieces import rules

AUDIENCES = (
    ("followers", N_("The people who follow me, and those I name")),
    ("direct", N_("Only the people I name (@name)")),
)
PUBLIC = (
    ("public", N_("Anyone, also on other servers")),
    ("unlisted", N_("Anyone who has the address, but in no list")),
)
FIELDS = {
    "text-too-long": "text",
    "text-missing": "text",
    "file-empty": "picture",
    "file-large": "picture",
    "description-long": "description",
}


def audiences(public_posting: bool) -> list[tuple[str, str]]:
    """What can be chosen as "who can read this"; public only where she has allowed it."""
    return [(value, _(words)) for value, words in (*AUDIENCES, *(PUBLIC if public_posting else ()))]


async def send(visitor: Visitor, *, visibility: str | None, reply_to: int | None = None, start: str = "") -> int | None:
    """Write what the form holds; None, with the form's errors set, where it was refused.

    `start` stands in front of the text: the mention of the group that she writes to.
    """
    form, author = visitor.form, visitor.member.account_id
    if not form["text"]:
        form.errors["text"] = _("Write something first.")
        return None
    try:
        media = await _pictures(visitor, form, author)
        draft = Draft(
            text=f"{start}{form['text']}",
            visibility=visibility,
            summary=form["summary"],
            sensitive=bool(form["summary"]),
            reply_to_id=reply_to,
            media_ids=tuple(media),
            rules=rules.chosen(form),
        )
        await visitor.house.resolver.meet(draft.text)
        return await visitor.house.store.unit(write, author, draft)
    except RefusalError as refusal:
        if refusal.status == 404:
            raise
        form.refuse(refusal, FIELDS | _picture_codes(refusal))
        return None


async def _pictures(visitor: Visitor, form: Form, author: int) -> Sequence[int]:
    sent = form.files.get("picture")
    if sent is None:
        return ()
    words = Words(description=form["description"] or None)
    return (await visitor.house.intake.take_image(author, await sent.read(), words),)


def _picture_codes(refusal: RefusalError) -> dict[str, str]:
    return {refusal.code: "picture"} if refusal.code.startswith("picture-") else {}
