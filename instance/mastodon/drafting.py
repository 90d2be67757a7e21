"""What apps send to post or edit a status -> a draft."""

import re

from starlette.requests import Request

from instance.auth.bearer import Caller
from instance.clock import SECOND
from instance.content.drafts import Draft, PollDraft
from instance.content.formatting import PLAIN
from instance.content.revisions import Revision
from instance.errors import RefusalError
from instance.i18n import N_
from instance.mastodon.interaction import quote_rule, rules_of
from instance.mastodon.media import focus_of
from instance.mastodon.params import Params, wrong
from instance.media.attachments import Words

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,2}")
MONTH = 2_629_746


def language_of(params: Params) -> str | None:
    """A BCP 47 tag, shortened to what we keep; nonsense counts as none."""
    text = params.text("language").strip()
    return text[:16] if _LANGUAGE.fullmatch(text) else None


def poll_of(params: Params) -> PollDraft | None:
    """The poll, None where there is none. Raises RefusalError."""
    asked = params.child("poll")
    if asked is None or not asked.raw("options"):
        return None
    return PollDraft(
        options=asked.texts("options"),
        expires_in=asked.number("expires_in", 0, 0, 100 * MONTH) * SECOND,
        multiple=asked.flag("multiple"),
        hide_totals=asked.flag("hide_totals"),
    )


def new_draft(request: Request, params: Params, caller: Caller) -> Draft:
    """The draft of POST /api/v1/statuses. Raises RefusalError (422) for wrong types."""
    if params.maybe("scheduled_at"):
        raise RefusalError("no-schedule", N_("Posts can't be scheduled here; send it when it is time."))
    return Draft(
        text=params.text("status"),
        content_type=params.text("content_type") or PLAIN,
        visibility=params.maybe("visibility"),
        summary=params.text("spoiler_text"),
        sensitive=params.flag("sensitive"),
        language=language_of(params),
        reply_to_id=params.id("in_reply_to_id"),
        media_ids=_media_ids(params),
        poll=poll_of(params),
        local_only=params.flag("local_only"),
        app_id=caller.app_id,
        idempotency_key=request.headers.get("idempotency-key"),
        rules=rules_of(params.child("interaction_policy")) | quote_rule(params),
        quoted_id=params.id("quoted_status_id"),
    )


def changed_draft(params: Params, now: Revision, source_type: str, poll: PollDraft | None) -> Draft:
    """The draft of PUT /api/v1/statuses/:id: what is not sent stays as it is. `poll`: the present one.

    A title is a part of the text (`content.titles`).
    """
    return Draft(
        text=params.text("status", now.words.source),
        content_type=params.text("content_type") or source_type,
        summary=params.text("spoiler_text", now.words.summary),
        sensitive=params.flag("sensitive", now.sensitive),
        language=language_of(params),
        media_ids=_media_ids(params) if "media_ids" in params else now.media,
        media_words=_media_words(params),
        poll=poll_of(params) or (poll if "media_ids" not in params and "poll" not in params else None),
        title="" if "status" in params else now.words.title,
    )


def _media_ids(params: Params) -> list[int]:
    ids = params.ids("media_ids")
    if len(ids) != len(params.texts("media_ids")):
        raise wrong("media_ids")
    return ids


def _media_words(params: Params) -> dict[int, Words]:
    said = {}
    for item in params.children("media_attributes"):
        media_id = item.id("id")
        if media_id is not None:
            said[media_id] = Words(item.maybe("description"), focus_of(item))
    return said
