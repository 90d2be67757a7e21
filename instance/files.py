"""The door /media/: our own re-encoded files, nothing else; no cookie is read, nothing runs (DECISIONS 32).

Whoever knows a file's name may see it; names are 144 random bits. A profile's picture may be kept by shared caches,
an attachment only by its reader's own.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from instance.house import house_of
from instance.media import remote, store

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "X-Robots-Tag": "noindex, noai, noimageai",
}
FOR_ALL = "public, max-age=31536000, immutable"
FOR_ONE = "private, max-age=3600, immutable"
FOR_A_DAY = "private, max-age=86400"
NOT_YET = "private, max-age=5"
PATIENCE = 2.0  # seconds; who looks at a remote picture before anybody else waits for it so long
PLACEHOLDERS = Path(__file__).parent / "media" / "placeholders"
MISSING = {"avatar", "header"}


def _absent() -> Response:
    return PlainTextResponse("Not found", 404, headers={**HEADERS, "Cache-Control": "no-store"})


def _file(path: Path, mime: str, caching: str) -> Response:
    if not path.is_file():
        return _absent()
    return FileResponse(path, headers={**HEADERS, "Cache-Control": caching}, media_type=mime)


async def picture(request: Request) -> Response:
    """GET /media/{key}: one of our files."""
    key = request.path_params["key"]
    if not store.is_key(key):
        return _absent()
    caching = FOR_ALL if key.startswith(store.PROFILE) else FOR_ONE
    return _file(store.path_of(house_of(request).site.settings.data, key), store.mime_of(key), caching)


async def missing(request: Request) -> Response:
    """GET /media/avatar/missing.png and /media/header/missing.png: what stands where there is no picture."""
    kind = request.path_params["kind"]
    if kind not in MISSING:
        return _absent()
    return _file(PLACEHOLDERS / f"{kind}.png", "image/png", FOR_ALL)


async def copy(request: Request) -> Response:
    """GET /media/remote/{proof}/{name}: our copy of a remote picture; until we have it, the placeholder."""
    house = house_of(request)
    address = store.remote_of(house.site.vault, request.path_params["proof"], request.path_params["name"])
    if address is None:
        return _absent()
    patience = PATIENCE if house.runner_alive() else 0.0
    key = await remote.copy_of(house.store, address, house.site.clock.now(), patience=patience)
    if key is None:
        return _file(PLACEHOLDERS / "avatar.png", "image/png", NOT_YET)
    return _file(store.path_of(house.site.settings.data, key), store.mime_of(key), FOR_ONE)


async def emoji(request: Request) -> Response:
    """GET /media/emoji/{proof}/{name}: our copy of a custom emoji; until we have it nothing, so that its name is read."""
    house = house_of(request)
    proof, name = request.path_params["proof"], request.path_params["name"]
    address = store.remote_of(house.site.vault, proof, name, store.EMOJI)
    key = await remote.copy_of(house.store, address, house.site.clock.now(), remote.EMOJI) if address else None
    if key is None:
        return _absent()
    return _file(store.path_of(house.site.settings.data, key), store.mime_of(key), FOR_A_DAY)


ROUTES = [
    Route("/media/{key}", picture, methods=["GET"]),
    Route("/media/{kind}/missing.png", missing, methods=["GET"]),
    Route("/media/remote/{proof}/{name}", copy, methods=["GET"]),
    Route("/media/emoji/{proof}/{name}", emoji, methods=["GET"]),
]
