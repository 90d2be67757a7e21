"""The picture workshop: a program of its own that checks and re-encodes pictures, within hard limits.

`python -m instance.media.images` reads requests from stdin and answers on stdout (framing in `workshop`). It is a child
process because decoders of pictures are where servers get broken into, and because Pillow stays out of `serve`.
What comes out holds pixels and nothing else: no EXIF, no place, no thumbnail of the uncropped picture, colours in sRGB.
"""

import io
import json
import resource
import struct
import sys
import warnings
from typing import BinaryIO

import blurhash
from PIL import Image, ImageCms, ImageOps, ImageSequence

from instance.media.workshop import MOST_SOURCE_PIXELS, Encoded, Order

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
MEMORY = 1_500 * 1024 * 1024
CPU_SECONDS = 600
MOST_PIXELS = 8_294_400  # 3840 x 2160, as Mastodon keeps
MOST_SIDE = 16_000
PREVIEW_SIDE = 640
MOST_FRAMES, MOST_FRAME_PIXELS = 300, 60_000_000
SMALL_PNG = 1_500_000
PROFILE_SIZES = {"avatar": (400, 400), "header": (1500, 500)}
EMOJI_SIDES = (256, 128)
"""Wide ones exist (banners of words); shown as high as a line of text."""


class UnfitError(Exception):
    """Not a picture that we take; the text is a code for the asker."""


def set_limits() -> None:
    """Bound what a hostile picture can use; the process dies instead of the machine."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_NPROC, resource.getrlimit(resource.RLIMIT_NPROC))


def work(order: Order, data: bytes) -> tuple[Encoded, bytes, bytes]:
    """Re-encode one picture: (what it is now, its bytes, its preview's bytes). Raises UnfitError."""
    source = _open(data)
    if order.kind in PROFILE_SIZES:
        picture = ImageOps.fit(_pixels(source, PROFILE_SIZES[order.kind]), PROFILE_SIZES[order.kind])
        mime, body = _save(picture)
        return Encoded(mime, *picture.size), body, b""
    if order.kind == "emoji":
        picture = _pixels(source, EMOJI_SIDES)
        picture.thumbnail(EMOJI_SIDES)
        mime, body = _save(picture)
        return Encoded(mime, *picture.size), body, b""
    animated = source.format in {"GIF", "WEBP"} and getattr(source, "n_frames", 1) > 1
    moving = _animation(source) if animated else None
    first = _pixels(source, None)
    mime, body = ("image/webp", moving) if moving else _save(first)
    preview = first.copy()
    preview.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    small_mime, small = _save(preview)
    result = Encoded(mime, *first.size, small_mime, *preview.size, _blurhash(preview))
    return result, body, small


def _open(data: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Exception as error:
        raise UnfitError("type") from error
    width, height = picture.size
    if width * height > MOST_SOURCE_PIXELS or max(width, height) > MOST_SIDE:
        raise UnfitError("pixels")
    return picture


def _pixels(source: Image.Image, wanted: tuple[int, int] | None) -> Image.Image:
    """The first frame, upright, in sRGB, not larger than we keep; nothing but pixels."""
    try:
        source.seek(0)
        if source.format == "JPEG" and wanted:
            source.draft("RGB", (wanted[0] * 2, wanted[1] * 2))
        picture = _plain(source)
    except Exception as error:
        raise UnfitError("damaged") from error
    return _shrunk(picture)


def _plain(frame: Image.Image) -> Image.Image:
    profile = frame.info.get("icc_profile")
    upright = ImageOps.exif_transpose(frame)
    transparent = upright.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in upright.info
    mode = "RGBA" if transparent else "RGB"
    if profile and upright.mode in {"RGB", "RGBA", "CMYK"}:
        upright = _to_srgb(upright, profile)
    converted = upright.convert(mode)
    clean = Image.new(mode, converted.size)
    clean.paste(converted)
    return clean


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        out = "RGB" if picture.mode == "CMYK" else picture.mode
        changed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=out)
    except (ImageCms.PyCMSError, OSError):  # a broken profile: take the colours as they are
        return picture
    return changed or picture


def _shrunk(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    if width * height <= MOST_PIXELS:
        return picture
    scale = (MOST_PIXELS / (width * height)) ** 0.5
    return picture.resize((max(1, int(width * scale)), max(1, int(height * scale))), Image.Resampling.LANCZOS)


def _save(picture: Image.Image) -> tuple[str, bytes]:
    """JPEG for what has no transparency (every server shows it); PNG, or WebP where that is too large, for the rest."""
    if picture.mode == "RGB":
        return "image/jpeg", _written(picture, "JPEG", quality=87, optimize=True, progressive=True)
    png = _written(picture, "PNG", optimize=True)
    if len(png) <= SMALL_PNG:
        return "image/png", png
    return "image/webp", _written(picture, "WEBP", quality=87, method=4)


def _written(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _animation(source: Image.Image) -> bytes | None:
    """The moving picture as animated WebP; None if it has too many or too large frames (then its first one is kept)."""
    frames = getattr(source, "n_frames", 1)
    if frames > MOST_FRAMES or frames * source.width * source.height > MOST_FRAME_PIXELS:
        return None
    pictures: list[Image.Image] = []
    times: list[int] = []
    try:
        for frame in ImageSequence.Iterator(source):
            times.append(min(max(int(frame.info.get("duration") or 100), 20), 10_000))
            pictures.append(_plain(frame.convert("RGBA")))
    except Exception as error:
        raise UnfitError("damaged") from error
    rest = {"save_all": True, "append_images": pictures[1:], "duration": times, "loop": 0}
    return _written(pictures[0], "WEBP", quality=80, method=2, **rest)


def _blurhash(picture: Image.Image) -> str:
    tiny = picture.convert("RGBA")
    tiny.thumbnail((32, 32))
    ground = Image.new("RGB", tiny.size, "white")
    ground.paste(tiny, mask=tiny)
    data = ground.tobytes()
    step = ground.width * 3
    rows = [[list(data[start : start + 3]) for start in range(row, row + step, 3)] for row in range(0, len(data), step)]
    x, y = (4, 3) if ground.width >= ground.height else (3, 4)
    text: str = blurhash.encode(rows, x, y)
    return text


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError
    return data


def main() -> None:
    """Answer requests until stdin ends."""
    set_limits()
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = MOST_SOURCE_PIXELS
    inp, out = sys.stdin.buffer, sys.stdout.buffer
    while head := inp.read(4):
        asked = json.loads(_exactly(inp, struct.unpack(">I", head)[0]))
        data = _exactly(inp, asked.pop("size"))
        body = small = b""
        try:
            done, body, small = work(Order(**asked), data)
            answer = {"done": done.as_dict()}
        except UnfitError as error:
            answer = {"unfit": {"code": str(error)}}
        except Exception:  # noqa: BLE001 - Pillow raises anything; one bad picture is one refusal
            answer = {"unfit": {"code": "damaged"}}
        line = json.dumps({**answer, "sizes": [len(body), len(small)]}).encode()
        out.write(struct.pack(">I", len(line)) + line + body + small)
        out.flush()


if __name__ == "__main__":
    main()
