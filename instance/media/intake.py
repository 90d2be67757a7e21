"""Takes pictures in: limits, re-encoding, storing. What arrived is never written to disk, only what was made of it."""

import asyncio
from pathlib import Path

from instance.db.store import Store
from instance.errors import RefusalError
from instance.i18n import N_
from instance.media import attachments, store
from instance.media.attachments import Words
from instance.media.workshop import Picture, Workshop
from instance.site import Site

MOST_BYTES = 10 * 1024 * 1024


class Intake:
    """One instance's way in for pictures."""

    def __init__(self, site: Site, database: Store, workshop: Workshop) -> None:
        self._site = site
        self._database = database
        self.workshop = workshop

    async def take_image(self, account_id: int, data: bytes, words: Words) -> int:
        """Keep a member's picture for a post of hers; returns the attachment's id. Raises RefusalError."""
        picture = await self.workshop.encode(_checked(data))
        files = await self._kept(store.ATTACHMENT, picture)
        try:
            return await self._database.unit(attachments.add, account_id, files, picture.encoded, words)
        except BaseException:
            store.remove(self._folder, *files)
            raise

    async def take_profile(self, data: bytes, kind: str) -> str:
        """Keep a picture for a profile (`kind`: avatar or header), cut to size; returns its key. Raises RefusalError."""
        picture = await self.workshop.encode(_checked(data), kind)
        return (await self._kept(store.PROFILE, picture))[0]

    async def take_remote(self, data: bytes, kind: str = "image") -> tuple[str, int]:
        """Keep a copy of a remote picture (`kind`: image or emoji); returns its key and size. Raises RefusalError."""
        picture = await self.workshop.encode(_checked(data), kind)
        key = store.new_key(store.REMOTE, picture.encoded.mime)
        await asyncio.to_thread(store.write, self._folder, key, picture.data)
        return key, len(picture.data)

    @property
    def _folder(self) -> Path:
        return self._site.settings.data

    async def _kept(self, kind: str, picture: Picture) -> tuple[str, str]:
        """Write the files; (key, key of the preview or '')."""
        key = store.new_key(kind, picture.encoded.mime)
        await asyncio.to_thread(store.write, self._folder, key, picture.data)
        small = ""
        if picture.preview:
            small = store.new_key(kind, picture.encoded.small_mime)
            await asyncio.to_thread(store.write, self._folder, small, picture.preview)
        return key, small


def _checked(data: bytes) -> bytes:
    if not data:
        raise RefusalError("file-empty", N_("No picture arrived. Choose a file and send it again."))
    if len(data) > MOST_BYTES:
        raise RefusalError(
            "file-large",
            N_("This file is too large. Make it smaller than {most} MB and send it again."),
            status=413,
            most=MOST_BYTES // (1024 * 1024),
        )
    return data
