"""Media for posts: upload, description, focus (https://docs.joinmastodon.org/methods/media/).

The picture is ready when the answer comes, so v2 answers 200 as v1 does. PUT on /api/v2/media/:id does not exist: apps
that try it first fall back to v1 on 404.
"""

from starlette.requests import Request
from starlette.responses import Response

from instance.errors import RefusalError
from instance.i18n import N_
from instance.mastodon.asking import delete, get, member, path_id, post, put, uploaded
from instance.mastodon.entities import media_entity
from instance.mastodon.errors import answer
from instance.mastodon.params import Params, params, wrong
from instance.media import attachments
from instance.media.attachments import Words

SCOPE = "write:media"


async def upload(request: Request) -> Response:
    """POST /api/v1/media and /api/v2/media"""
    house, caller = await member(request, SCOPE)
    asked = await params(request)
    file = asked.file("file")
    if file is None:
        raise RefusalError("file-missing", N_("Validation failed: File can't be blank"))
    data = await uploaded(file)
    media_id = await house.intake.take_image(caller.me, data, _words(asked))
    row = await house.store.read(attachments.own, caller.me, media_id)
    return answer(media_entity(row, house.site))


async def show(request: Request) -> Response:
    """GET /api/v1/media/:id; 206 while it is being worked on"""
    house, caller = await member(request, SCOPE)
    row = await house.store.read(attachments.own, caller.me, path_id(request))
    return answer(media_entity(row, house.site), 206 if row.state == "processing" else 200)


async def describe(request: Request) -> Response:
    """PUT /api/v1/media/:id, as form, multipart or JSON"""
    house, caller = await member(request, SCOPE)
    words = _words(await params(request))
    row = await house.store.unit(attachments.describe, caller.me, path_id(request), words)
    return answer(media_entity(row, house.site))


async def discard(request: Request) -> Response:
    """DELETE /api/v1/media/:id"""
    house, caller = await member(request, SCOPE)
    await house.store.unit(attachments.discard, caller.me, path_id(request))
    return answer({})


def _words(asked: Params) -> Words:
    return Words(asked.maybe("description"), focus_of(asked))


def focus_of(asked: Params) -> tuple[float, float] | None:
    """The focal point: `x,y` as text, from -1 to 1."""
    text = asked.text("focus")
    if not text:
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise wrong("focus") from None
    if not (abs(x) <= 1 and abs(y) <= 1):
        raise wrong("focus")
    return x, y


ROUTES = [
    post("/api/v1/media", upload),
    post("/api/v2/media", upload),
    get("/api/v1/media/{id}", show),
    put("/api/v1/media/{id}", describe),
    delete("/api/v1/media/{id}", discard),
]
