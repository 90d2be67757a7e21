"""The way to the picture workshop: starts the child process when there is work, one picture at a time, ends it when idle.

A frame is: four bytes of length, a JSON line, then the bytes whose sizes the line tells.
"""

import asyncio
import json
import os
import struct
import sys
from dataclasses import asdict, dataclass
from typing import Any

from instance.errors import RefusalError
from instance.i18n import N_
from instance.observe import log

IDLE_SECONDS = 20.0
TIME_LIMIT = 40.0
MOST_SOURCE_PIXELS = 40_000_000
MOST_ANSWER = 64 * 1024 * 1024
PICTURES_PER_CHILD = 200
WAITING = 32

_SENTENCES = {
    "type": N_("This file is not a picture that we can read. Send a JPEG, PNG, WebP, GIF or AVIF file."),
    "pixels": N_("This picture is too large. Make it smaller than 40 megapixels and send it again."),
    "damaged": N_("This picture seems to be damaged. Save it anew and send it again."),
    "late": N_("This picture took too long to read. Make it smaller and send it again."),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made: `kind` is image, avatar, header or emoji."""

    kind: str = "image"


@dataclass(frozen=True, slots=True)
class Encoded:
    """What was made."""

    mime: str
    width: int
    height: int
    small_mime: str = ""
    small_width: int = 0
    small_height: int = 0
    blurhash: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Picture:
    """A re-encoded picture with its preview."""

    encoded: Encoded
    data: bytes
    preview: bytes


def refusal(code: str) -> RefusalError:
    """The refusal of a picture, by the workshop's code."""
    return RefusalError(f"picture-{code}", _SENTENCES.get(code, _SENTENCES["damaged"]))


class Workshop:
    """Re-encodes pictures in a child process."""

    def __init__(self) -> None:
        self._child: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._done = 0
        self._waiting = 0

    @property
    def child_id(self) -> int | None:
        """The child's process id while it runs."""
        return self._child.pid if self._child is not None and self._child.returncode is None else None

    async def encode(self, data: bytes, kind: str = "image") -> Picture:
        """Check and re-encode one picture; `kind` is image, avatar, header or emoji. Raises RefusalError."""
        if self._waiting >= WAITING:
            raise RefusalError("busy", N_("Too many pictures are waiting. Try again in a minute."), status=503)
        self._waiting += 1
        try:
            async with self._lock:
                return await self._one(data, kind)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the child."""
        if self._idle is not None:
            self._idle.cancel()
        await self._stop()

    async def _one(self, data: bytes, kind: str) -> Picture:
        if self._idle is not None:
            self._idle.cancel()
        try:
            child = await self._running()
            return await asyncio.wait_for(_exchange(child, data, kind), TIME_LIMIT)
        except RefusalError:
            raise
        except TimeoutError:
            await self._stop()
            raise refusal("late") from None
        except (OSError, EOFError, asyncio.IncompleteReadError) as error:
            log.warning("picture_child_died", error=type(error).__name__)
            await self._stop()
            raise refusal("damaged") from None
        except asyncio.CancelledError:
            await self._stop()  # the answer of an abandoned order must not be taken for the next one's
            raise
        finally:
            self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._go_idle)

    async def _running(self) -> asyncio.subprocess.Process:
        if self._done >= PICTURES_PER_CHILD:
            await self._stop()
        if self._child is None or self._child.returncode is not None:
            self._done = 0
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "instance.media.images",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
            )
        self._done += 1
        return self._child

    def _go_idle(self) -> None:
        if not self._lock.locked() and self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()  # it ends at the end of its input
            self._child = None

    async def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if child.returncode is None:
            child.kill()
        if child.stdin is not None:
            child.stdin.close()
        await child.wait()


async def _exchange(child: asyncio.subprocess.Process, data: bytes, kind: str) -> Picture:
    if child.stdin is None or child.stdout is None:
        raise EOFError
    line = json.dumps({"kind": kind, "size": len(data)}).encode()
    child.stdin.write(struct.pack(">I", len(line)) + line + data)
    await child.stdin.drain()
    head = struct.unpack(">I", await child.stdout.readexactly(4))[0]
    answer = json.loads(await child.stdout.readexactly(min(head, MOST_ANSWER)))
    if "unfit" in answer:
        raise refusal(answer["unfit"]["code"])
    sizes = [int(size) for size in answer["sizes"]]
    if sum(sizes) > MOST_ANSWER:
        raise EOFError
    body = await child.stdout.readexactly(sizes[0])
    small = await child.stdout.readexactly(sizes[1])
    return Picture(Encoded(**answer["done"]), body, small)
