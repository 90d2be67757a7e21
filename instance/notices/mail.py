"""E-mail that names no condition: a neutral subject, no name of the instance, a link. Sent by a job.

Development writes files into {data}/mail; production speaks SMTP (SKERRY_MAIL_URL). A job that is repeated sends again
with a new link: two mails are better than none.
"""

import asyncio
import os
import secrets
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import Row

from instance.auth import links, logins
from instance.clock import as_datetime
from instance.db.store import Store
from instance.db.unit import Unit
from instance.i18n import N_, _, current
from instance.jobs.local import FinalError
from instance.jobs.table import Job
from instance.settings import Settings
from instance.site import Site

TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Letter:
    """The words of one kind of mail, before translation. `{link}` is filled in."""

    subject: str
    body: str
    path: str
    mints: bool = False


ENDS_SOON, ENDED = "ends-soon", "ended"
LETTERS = {
    links.RESET: Letter(
        N_("Your new link"),
        N_("Somebody, you we hope, asked for a new password. Choose it here within a day:\n\n{link}\n\nIf it was not you, do nothing."),
        "/link/reset/{token}",
        mints=True,
    ),
    links.CONFIRM: Letter(
        N_("Please confirm this address"),
        N_("This address was given at a sign-up. If it was you, open this link within three days:\n\n{link}\n\nIf it was not you, do nothing."),
        "/link/confirm/{token}",
        mints=True,
    ),
    ENDS_SOON: Letter(
        N_("A decision of yours ends soon"),
        N_("Something that stewards decided for a time ends within two weeks. Here you see what it is, and can decide anew:\n\n{link}"),
        "/steward/federation",
    ),
    ENDED: Letter(
        N_("A decision of yours has ended"),
        N_("Something that stewards decided for a time is over. Your messages say what it was. Here you can decide anew:\n\n{link}"),
        "/steward/federation",
    ),
    "approved": Letter(
        N_("You can sign in now"),
        N_("Your sign-up was looked at, and you are welcome. Sign in here:\n\n{link}"),
        "/auth/sign_in",
    ),
}  # fmt: skip


async def deliver(site: Site, store: Store, job: Job) -> None:
    """Job `mail`: write and send one letter. Raises FinalError for a kind that there is not."""
    what = str(job.payload["what"])
    if what not in LETTERS:
        raise FinalError(what)
    if not can_send(site.settings):
        return
    letter = await store.unit(_compose, what, int(job.payload["login_id"]))
    if letter is not None:
        send = _write_file if site.settings.development and not site.settings.mail_url else _send_smtp
        await asyncio.to_thread(send, site, letter)


def can_send(settings: Settings) -> bool:
    """Whether this instance sends mail at all."""
    return settings.development or bool(settings.mail_url)


def _compose(u: Unit, what: str, login_id: int) -> EmailMessage | None:
    row = logins.by_id(u.connection, login_id) if login_id else None
    if row is None or not row.email:
        return None
    letter = LETTERS[what]
    token = links.mint(u, what, login_id) if letter.mints else ""
    return _message(u, row, letter, u.site.url(letter.path.format(token=token)))


def _message(u: Unit, row: Row[tuple[object, ...]], letter: Letter, link: str) -> EmailMessage:
    language = current.set(str(row.locale))
    try:
        subject, body = _(letter.subject), _(letter.body, link=link)
    finally:
        current.reset(language)
    made = EmailMessage()
    made["From"] = u.site.settings.mail_from or f"noreply@{urlsplit(u.site.base_url).hostname}"
    made["To"] = logins.email_of(u.site.vault, row)
    made["Subject"] = subject
    made["Date"] = format_datetime(as_datetime(u.site.clock.wire()))
    made["Message-ID"] = make_msgid(domain=urlsplit(u.site.base_url).hostname)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(body + "\n", cte="7bit" if body.isascii() else "quoted-printable")  # a link stays on one line
    return made


def _write_file(site: Site, letter: EmailMessage) -> None:
    folder = Path(site.settings.data) / "mail"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{site.clock.wire()}-{secrets.token_hex(3)}"  # in order of time
    part = folder / f".{name}.part"
    part.write_bytes(bytes(letter))
    os.replace(part, folder / f"{name}.eml")


def _send_smtp(site: Site, letter: EmailMessage) -> None:
    """smtps:// is TLS from the start; smtp:// asks for STARTTLS, and goes without it only to this machine itself."""
    parts = urlsplit(site.settings.mail_url)
    host = parts.hostname or "localhost"
    safe = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=safe)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_SECONDS)
    with server:
        if parts.scheme == "smtp" and host not in {"localhost", "127.0.0.1", "::1"}:
            server.starttls(context=safe)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(letter)
