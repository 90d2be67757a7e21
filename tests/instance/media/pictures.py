"""Pictures for tests, made on the spot."""

import io

from PIL import Image


def picture(kind: str = "JPEG", size: tuple[int, int] = (320, 200), *, mode: str = "RGB", exif: bool = False) -> bytes:
    """A picture with a pattern; with `exif`, one that tells its camera, its place and that it lies on its side."""
    image = Image.new(mode, size, (20, 90, 160, 120)[: len(mode)])
    for x in range(0, size[0], 7):
        image.putpixel((x, x % size[1]), (250, 180, 60, 255)[: len(mode)])
    options: dict[str, object] = {}
    if exif:
        data = Image.Exif()
        data[0x0110] = "Camera of Maria"
        data[0x0112] = 6
        data.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
        options["exif"] = data
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def animation(frames: int = 5) -> bytes:
    """A GIF that moves."""
    images = [Image.new("RGB", (60, 40), (40 * n % 255, 30, 90)) for n in range(frames)]
    out = io.BytesIO()
    images[0].save(out, "GIF", save_all=True, append_images=images[1:], duration=100)
    return out.getvalue()


def read(data: bytes) -> Image.Image:
    """Open what we were served."""
    return Image.open(io.BytesIO(data))
