"""Pictures: re-encoded in a child, nothing hidden in them, served under names that nobody can guess."""

import asyncio
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select

from instance import wiring
from instance.clock import DAY
from instance.db.content import attachment, remote_file
from instance.db.people import account
from instance.errors import NotFoundError, RefusalError
from instance.jobs.local import Works
from instance.mastodon.entities import media_entity
from instance.media import attachments, remote, store, tidying, workshop
from instance.media.attachments import Words
from instance.media.workshop import Workshop
from instance.people import accounts
from instance.people.accounts import ProfileChanges
from tests.instance.media.pictures import animation, picture, read
from tests.support.world import Running, World


async def _member(running: Running, account_id: int = 7) -> int:
    values = {"id": account_id, "iri": f"https://a.example/u/{account_id}", "name": f"m{account_id}"}
    await running.house.store.unit(
        lambda u: u.connection.execute(insert(account).values(**values, created_at=u.now, updated_at=u.now))
    )
    return account_id


async def test_picture_holds_pixels_only(world: World) -> None:
    running = await world.instance()
    await _member(running)
    sent = picture(exif=True, size=(1200, 800))
    media_id = await running.house.intake.take_image(7, sent, Words("A boat", (0.5, -0.5)))
    row = await running.house.store.read(attachments.own, 7, media_id)
    answer = await running.client.get(f"/media/{row.file}")
    assert answer.status_code == 200
    got = read(answer.content)
    assert got.size == (800, 1200)  # upright, though the camera lay on its side
    assert not got.getexif()
    assert b"Maria" not in answer.content
    assert "icc_profile" not in got.info
    assert row.meta["focus"] == {"x": 0.5, "y": -0.5}
    assert row.blurhash
    small = read((await running.client.get(f"/media/{row.preview}")).content)
    assert max(small.size) == 640


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
async def test_formats(kind: str) -> None:
    shop = Workshop()
    try:
        made = await shop.encode(picture(kind))
        assert read(made.data).size == (320, 200)
        assert made.encoded.mime in store.EXTENSIONS
    finally:
        await shop.close()


async def test_moving_and_clear_pictures_keep_what_they_are() -> None:
    shop = Workshop()
    try:
        moving = await shop.encode(animation(5))
        assert getattr(read(moving.data), "n_frames", 1) == 5
        assert getattr(read(moving.preview), "n_frames", 1) == 1
        clear = await shop.encode(picture("PNG", mode="RGBA"))
        assert read(clear.data).mode == "RGBA"
        avatar = await shop.encode(picture("PNG", (900, 300)), "avatar")
        assert read(avatar.data).size == (400, 400)
    finally:
        await shop.close()


async def test_what_is_no_fit_picture_is_refused(world: World) -> None:
    running = await world.instance()
    huge = picture("PNG", (7000, 6000))
    whole = picture("JPEG", (900, 900))
    cases = {
        b"<svg xmlns='http://www.w3.org/2000/svg'/>": "picture-type",
        b"%PDF-1.4": "picture-type",
        huge: "picture-pixels",
        whole[: len(whole) // 2]: "picture-damaged",
        b"": "file-empty",
        b"x" * (10 * 1024 * 1024 + 1): "file-large",
    }
    for data, code in cases.items():
        with pytest.raises(RefusalError) as refused:
            await running.house.intake.take_image(7, data, Words())
        assert refused.value.code == code
    folder = running.house.site.settings.data / "media"
    assert not folder.exists()


async def test_a_child_that_dies_refuses_one_picture_only(world: World) -> None:
    intake = (await world.instance()).house.intake
    await intake.workshop.encode(picture())
    assert intake.workshop.child_id is not None
    os.kill(intake.workshop.child_id, 9)
    with pytest.raises(RefusalError):
        await intake.workshop.encode(picture())
    assert (await intake.workshop.encode(picture())).data


async def test_child_ends_when_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "IDLE_SECONDS", 0.05)
    shop = Workshop()
    await asyncio.gather(*(shop.encode(picture()) for _ in range(3)))
    child = shop.child_id
    assert child is not None
    for _ in range(100):
        await asyncio.sleep(0.05)
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            break
    else:
        pytest.fail("the child still runs")
    assert (await shop.encode(picture())).data
    await shop.close()


def test_serve_never_loads_pillow() -> None:
    code = "import sys, instance.app; print([m for m in ('PIL', 'blurhash') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_files_door(world: World) -> None:
    running = await world.instance()
    await _member(running)
    key = await running.house.intake.take_profile(picture(), "avatar")
    mine = await running.client.get(f"/media/{key}")
    assert mine.headers["cache-control"].startswith("public")
    assert mine.headers["x-content-type-options"] == "nosniff"
    assert mine.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert mine.headers["access-control-allow-origin"] == "*"
    media_id = await running.house.intake.take_image(7, picture(), Words())
    row = await running.house.store.read(attachments.own, 7, media_id)
    assert (await running.client.get(f"/media/{row.file}")).headers["cache-control"].startswith("private")
    other = key[:-5] + ("B" if key[-5] == "A" else "A") + ".jpg"
    for name in ("..%2Fsecret.key", "secret.key", other, key + "x", "p.jpg"):
        assert (await running.client.get(f"/media/{name}")).status_code == 404
    for kind in ("avatar", "header"):
        answer = await running.client.get(f"/media/{kind}/missing.png")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")


async def test_words_of_a_picture_are_its_owners(world: World) -> None:
    running = await world.instance()
    await _member(running)
    database = running.house.store
    media_id = await running.house.intake.take_image(7, picture(), Words())
    await database.unit(attachments.describe, 7, media_id, Words("A boat"))
    assert (await database.read(attachments.own, 7, media_id)).description == "A boat"
    with pytest.raises(NotFoundError):
        await database.unit(attachments.describe, 8, media_id, Words("Not mine"))
    with pytest.raises(RefusalError):
        await database.unit(attachments.describe, 7, media_id, Words("x" * 1501))
    row = await database.read(attachments.own, 7, media_id)
    await database.unit(attachments.discard, 7, media_id)
    assert (await running.client.get(f"/media/{row.file}")).status_code == 404


async def test_unused_uploads_are_swept(world: World) -> None:
    running = await world.instance()
    await _member(running)
    await running.house.intake.take_image(7, picture(), Words())
    assert await running.house.store.unit(attachments.sweep) == 0
    world.clock.turn(2 * DAY)
    assert await running.house.store.unit(attachments.sweep) == 1
    assert (await running.house.store.read(lambda c: c.execute(select(attachment.c.id)).all())) == []


async def test_remote_pictures_are_copied_and_served_by_us(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    running = await world.instance()
    asked: list[str] = []

    async def fetch(address: str) -> bytes:
        asked.append(address)
        return picture(exif=True)

    fetcher = remote.Fetcher(running.house.intake, fetch)
    address = "https://b.example/pictures/maria.jpg"
    ours = store.remote_url(running.house.site, address)
    assert ours.startswith("https://a.example/media/remote/")
    assert (await running.client.get(ours)).headers["content-type"] == "image/png"
    await running.client.get(ours)
    works = remote_works(running, fetcher)
    await works.work()
    assert asked == [address]
    answer = await running.client.get(ours)
    assert answer.headers["content-type"] == "image/jpeg"
    assert b"Maria" not in answer.content
    forged = ours.replace("/media/remote/", "/media/remote/0")
    assert (await running.client.get(forged)).status_code == 404
    [size] = await running.house.store.read(lambda c: c.execute(select(remote_file.c.size)).scalars().all())
    monkeypatch.setattr(remote, "MEGABYTE", 1.5 * size / running.house.site.settings.remote_media_mb)
    world.clock.turn(DAY)
    other = store.remote_url(running.house.site, address + "?2")
    await running.client.get(other)
    await works.work()
    rows = await running.house.store.read(lambda c: c.execute(select(remote_file.c.file)).all())
    assert len(rows) == 1  # the older copy made room


async def test_a_remote_picture_that_can_not_be_had_stays_the_placeholder(world: World) -> None:
    running = await world.instance()

    async def fetch(_address: str) -> bytes:
        return b"<html>"

    ours = store.remote_url(running.house.site, "https://b.example/x.svg")
    await running.client.get(ours)
    await remote_works(running, remote.Fetcher(running.house.intake, fetch)).work()
    assert (await running.client.get(ours)).headers["content-type"] == "image/png"
    assert (await running.house.store.read(lambda c: c.execute(select(remote_file.c.state)).scalar_one())) == "failed"


async def test_who_looks_first_waits_a_moment(world: World) -> None:
    """Whoever is first to look sees the picture; who comes while it is on its way, or after it failed, waits for nothing."""
    running = await world.instance()

    async def fetch(address: str) -> bytes:
        return picture() if "good" in address else b"<html>"

    works = remote_works(running, remote.Fetcher(running.house.intake, fetch))
    now = world.clock.now()

    async def look(address: str) -> str | None:
        return await remote.copy_of(running.house.store, address, now, patience=60)

    for address, had in [("https://b.example/good.png", True), ("https://b.example/bad.png", False)]:
        first = asyncio.create_task(look(address))
        while (await running.house.store.read(lambda c: c.execute(select(remote_file.c.state)).all()))[-1:] == []:
            await asyncio.sleep(0.01)
        second = await asyncio.wait_for(look(address), 10) if had else None
        assert second is None
        while not first.done():
            await works.work()
            await asyncio.sleep(0.01)
        assert (await first is not None) == had
    assert await asyncio.wait_for(look("https://b.example/bad.png"), 10) is None


def remote_works(running: Running, fetcher: remote.Fetcher) -> Works:
    return Works(running.house.store, {remote.JOB: fetcher.run})


async def test_pictures_go_with_the_account(world: World) -> None:
    running = await world.instance()
    database, intake = running.house.store, running.house.intake
    account_id = await database.unit(accounts.create, "ann")
    first, second = [await intake.take_profile(picture(), "avatar") for _ in range(2)]
    for key in (first, second):
        await database.unit(accounts.update_profile, account_id, ProfileChanges(avatar=key))
    assert (await running.client.get(f"/media/{first}")).status_code == 404
    await database.unit(accounts.update_profile, account_id, ProfileChanges(display_name="Ann"))
    assert (await running.client.get(f"/media/{second}")).status_code == 200
    await database.unit(accounts.delete, account_id)
    assert (await running.client.get(f"/media/{second}")).status_code == 404


async def test_apps_load_nothing_from_other_servers(world: World) -> None:
    site = (await world.instance()).house.site
    row = SimpleNamespace(id=1, file=None, preview=None, state="ready", meta=None, description="", blurhash=None)
    for kind, told in (("image", "image"), ("video", "unknown"), ("audio", "unknown"), ("gifv", "unknown")):
        row.kind, row.remote_url = kind, "https://b.example/x"
        shown = media_entity(row, site)
        assert shown["type"] == told
        ours = "https://a.example/media/remote/"
        assert shown["url"].startswith(ours) == (told == "image")
        assert (shown["preview_url"] or ours).startswith(ours)


async def test_the_store_of_remote_pictures_stays_bounded(world: World) -> None:
    """However many are looked at, at once or slowly; what was cleared is fetched again when it is asked for."""
    running = await world.instance(SKERRY_REMOTE_MEDIA_MB="10", SKERRY_REMOTE_MEDIA_DAYS="7")
    asked: list[str] = []

    async def fetch(address: str) -> bytes:
        asked.append(address)
        return picture()

    works = remote_works(running, remote.Fetcher(running.house.intake, fetch))
    stored = select(remote_file.c.size).where(remote_file.c.state == "ready")

    async def look(number: int) -> None:
        await running.client.get(store.remote_url(running.house.site, f"https://b.example/{number}.jpg"))
        await works.work()

    await look(0)
    [size] = await running.house.store.read(lambda c: c.execute(stored).scalars().all())
    await running.house.store.unit(
        lambda u: u.connection.execute(remote_file.update().values(size=4 * 1024**2, used_at=u.now - 5))
    )
    await running.house.store.unit(
        lambda u: [
            u.connection.execute(
                remote_file.insert().values(
                    url_hash=f"x{n}", file=None, state="ready", size=4 * 1024**2, created_at=u.now, used_at=u.now + n
                )
            )
            for n in range(3)
        ]
    )
    await look(1)
    rest = await running.house.store.read(lambda c: c.execute(stored).scalars().all())
    assert sum(rest) <= 10 * 1024**2
    assert size in rest  # the one just fetched
    await look(0)
    assert asked == [f"https://b.example/{number}.jpg" for number in (0, 1, 0)]
    world.clock.turn(8 * DAY)
    while await running.house.store.unit(remote.sweep):
        pass
    assert await running.house.store.read(lambda c: c.execute(select(remote_file.c.file)).all()) == []
    kept = [path for path in (running.house.site.settings.data / "media").rglob("r*") if path.is_file()]
    assert kept == []
    await look(0)
    assert asked[-1] == "https://b.example/0.jpg"
    assert len(asked) == 4


async def test_what_a_kill_left_without_a_row_is_deleted(world: World) -> None:
    running = await world.instance()
    await _member(running)
    folder, database = running.house.site.settings.data, running.house.store
    image = await running.house.intake.take_image(7, picture(), Words())
    avatar = await running.house.intake.take_profile(picture(), "avatar")
    await database.unit(lambda u: accounts.update_profile(u, 7, ProfileChanges(avatar=avatar)))
    copy, _size = await running.house.intake.take_remote(picture())
    kept = {"url_hash": "x", "file": copy, "state": "ready", "created_at": 0, "used_at": 0}
    await database.unit(lambda u: u.connection.execute(insert(remote_file).values(**kept)))
    row = await database.read(attachments.own, 7, image)
    wanted = [store.path_of(folder, key) for key in (row.file, row.preview, avatar, copy)]
    strange = wanted[0].parent / "notes.txt"
    left = [store.path_of(folder, store.new_key(kind, "image/png")) for kind in "apr"]
    left.append(store.path_of(folder, store.new_key("a", "image/png")).with_suffix(".part"))
    young = store.path_of(folder, store.new_key("a", "image/png"))
    for path in [*left, young, strange]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    for path in [*left, *wanted, strange]:
        os.utime(path, (1, 1))
    await database.unit(tidying.want)
    await world.settle()
    assert [path for path in left if path.exists()] == []
    assert all(path.exists() for path in [*wanted, young, strange])
    world.clock.turn(tidying.EVERY)
    os.utime(young, (1, 1))
    running.pumps = wiring.pumps(running.house)  # their clocks begin anew
    for _ in range(2):  # it is time for it; it is done
        await world.settle()
    assert not young.exists()
