"""The doctor's second half: what must be reached. Database and its queue, Redis, mail, our own name, certificate, answer."""

import asyncio
import http.client
import ipaddress
import smtplib
import socket
import sqlite3
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import redis
from redis.exceptions import RedisError

from instance.clock import DAY, MINUTE, SECOND, Clock
from instance.db.engine import open_sqlite, postgres_dsn, sqlite_path
from instance.db.version import HEAD
from instance.doctor import Finding, bad, good, warning
from instance.observe import describe
from instance.settings import Settings

PATIENCE_SECONDS = 5.0
CERTIFICATE_DAYS = 14
OLDEST_POSTGRES = 15
SKEW_MS = 2 * SECOND
WAIT_MS = 10 * MINUTE
TROUBLE = (OSError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)

VERSION = "SELECT version_num FROM alembic_version"
DEAD_JOBS = "SELECT count(*) FROM job WHERE state = 'dead'"
OLDEST_JOB = "SELECT min(run_at) FROM job WHERE state = 'ready'"
DEAD_INBOX = "SELECT count(*) FROM inbox_activity WHERE state = 'dead'"
DOWN = "SELECT count(*) FROM peer WHERE down_since IS NOT NULL"

Answers = dict[str, Any]


def database(settings: Settings) -> list[Finding]:
    """The database answers, has our schema, and its queue moves."""
    try:
        answers = _from_sqlite(settings) if settings.sqlite else asyncio.run(_from_postgres(settings))
    except TROUBLE as error:
        remedy = (
            "see that the file can be read" if settings.sqlite else "start the server that SKERRY_DATABASE_URL names"
        )
        return [bad("database", f"it does not answer ({describe(error)})", remedy)]
    return _found(answers)


def _found(answers: Answers) -> list[Finding]:
    found = [good("database", answers["kind"]), *answers["more"]]
    if answers[VERSION] != HEAD:
        said = f"schema {answers[VERSION] or 'none'}, this release needs {HEAD}"
        return [*found, bad("migrations", said, "run: skerry db upgrade")]
    return [*found, good("migrations", f"schema {HEAD}"), *_queue(answers)]


def _queue(answers: Answers) -> list[Finding]:
    found = []
    oldest, now = answers[OLDEST_JOB], Clock().now()
    if oldest is not None and now - oldest > WAIT_MS:
        said = f"the oldest job has been due for {(now - oldest) // MINUTE} minutes"
        found.append(bad("queue", said, "start `skerry serve` (or `skerry worker`, with SKERRY_RUNNER=0)"))
    if answers[DEAD_JOBS]:
        said = f"{answers[DEAD_JOBS]} jobs were put aside"
        found.append(warning("queue", said, "see why in the log; when mended: skerry db retry"))
    if answers[DEAD_INBOX]:
        said = f"{answers[DEAD_INBOX]} activities from other servers could not be taken in"
        found.append(warning("queue", said, "see why in the log; they are kept"))
    if answers[DOWN]:
        remedy = "nothing to do here: they get everything when they are back"
        found.append(warning("peers", f"{answers[DOWN]} other servers do not answer", remedy))
    return found or [good("queue", "it moves")]


def _from_sqlite(settings: Settings) -> Answers:
    path = sqlite_path(settings.database)
    connection = open_sqlite(path, read_only=True)
    try:
        answers: Answers = {"kind": f"SQLite {sqlite3.sqlite_version}, {path}", "more": []}
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            answers["more"] = [bad("database", "the file is damaged", "restore it; see docs/operators/backup.md")]
        for ask in _asks(
            connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        ):
            row = connection.execute(ask).fetchone()
            answers[ask] = row[0] if row else None
        return {VERSION: None} | answers
    finally:
        connection.close()


async def _from_postgres(settings: Settings) -> Answers:
    connection = await asyncpg.connect(postgres_dsn(settings.database), timeout=PATIENCE_SECONDS)
    try:
        version = connection.get_server_version()
        answers: Answers = {"kind": f"PostgreSQL {version.major}.{version.minor}", "more": []}
        if version.major < OLDEST_POSTGRES:
            remedy = f"upgrade it to {OLDEST_POSTGRES} or newer"
            answers["more"].append(bad("database", f"PostgreSQL {version.major} is too old", remedy))
        theirs = await connection.fetchval("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
        if abs(theirs - Clock().wire()) > SKEW_MS:
            remedy = "turn on time synchronisation on both machines"
            answers["more"].append(warning("clock", "the database's clock and ours differ", remedy))
        for ask in _asks(await connection.fetchval("SELECT to_regclass('alembic_version')")):
            answers[ask] = await connection.fetchval(ask)
        return {VERSION: None} | answers
    finally:
        await connection.close()


def _asks(has_schema: object) -> list[str]:
    return [VERSION, DEAD_JOBS, OLDEST_JOB, DEAD_INBOX, DOWN] if has_schema else []


def redis_server(settings: Settings) -> list[Finding]:
    """Redis answers, where there is one."""
    if not settings.redis_url:
        return []
    try:
        client = redis.Redis.from_url(settings.redis_url, socket_timeout=PATIENCE_SECONDS)
        client.ping()
        client.close()
    except (RedisError, OSError) as error:
        remedy = "start it; nothing is lost meanwhile, jobs are only found a second later"
        return [warning("redis", f"it does not answer ({describe(error)})", remedy)]
    return [good("redis", "it answers")]


def mail(settings: Settings) -> list[Finding]:
    """The mail server answers, where there is one."""
    if not settings.mail_url:
        return [
            warning(
                "mail",
                "no mail server: nobody can reset a password by mail",
                "set SKERRY_MAIL_URL, or hand out recovery cards",
            )
        ]
    parts = urlsplit(settings.mail_url)
    kind: Callable[..., smtplib.SMTP] = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(parts.hostname or "", parts.port or 0, timeout=PATIENCE_SECONDS) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        remedy = "see SKERRY_MAIL_URL; many hosters block port 25: use 465 (smtps) or 587"
        return [bad("mail", f"{parts.hostname} does not answer ({describe(error)})", remedy)]
    return [good("mail", f"{parts.hostname} answers")]


def name(settings: Settings) -> list[Finding]:
    """Our own name leads to an address that others can reach."""
    host = urlsplit(settings.base_url).hostname or ""
    try:
        addresses = sorted({str(item[4][0]) for item in socket.getaddrinfo(host, None)})
    except OSError:
        return [bad("dns", f"{host} leads nowhere", "make an A (and AAAA) record for it that names this machine")]
    inside = [a for a in addresses if not ipaddress.ip_address(a.partition("%")[0]).is_global]
    if inside and not settings.development:
        remedy = "other servers can't reach it: let the name lead to the public address"
        return [warning("dns", f"{host} leads to {', '.join(inside)}", remedy)]
    return [good("dns", f"{host} leads to {', '.join(addresses)}")]


def certificate(settings: Settings) -> list[Finding]:
    """The certificate at our own address is valid for a while."""
    parts = urlsplit(settings.base_url)
    if parts.scheme != "https":
        return []
    context = ssl.create_default_context(cafile=str(settings.trusted_ca) if settings.trusted_ca else None)
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), PATIENCE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as secured,
        ):
            ends = ssl.cert_time_to_seconds(str((secured.getpeercert() or {})["notAfter"])) * SECOND
    except ssl.SSLCertVerificationError as error:
        return [
            bad("tls", f"the certificate is not valid: {error.verify_message}", "renew it; Caddy does so by itself")
        ]
    except OSError as error:
        return [
            bad("tls", f"nothing answers at {settings.base_url} ({describe(error)})", "start the proxy; open port 443")
        ]
    days = int((ends - Clock().wire()) // DAY)
    if days < CERTIFICATE_DAYS:
        return [warning("tls", f"the certificate ends in {days} days", "see why it is not renewed")]
    return [good("tls", f"valid for {days} days")]


def running(settings: Settings) -> list[Finding]:
    """The instance answers where it listens, and is ready."""
    connect = http.client.HTTPSConnection if settings.tls_cert else http.client.HTTPConnection
    host = settings.host.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - asks, does not listen
    port = urlsplit(settings.base_url).port or settings.port if settings.development else settings.port
    client = connect(host, port, timeout=PATIENCE_SECONDS)
    try:
        client.request("GET", "/health/ready")
        status = client.getresponse().status
    except (OSError, http.client.HTTPException):
        return [warning("running", f"nothing answers at {host}:{port}", "start it: skerry serve")]
    finally:
        client.close()
    if status != 200:
        return [bad("running", f"it answers {status} at {host}:{port}", "see its log")]
    return [good("running", f"ready at {host}:{port}")]


REACH = [database, redis_server, mail, name, certificate, running]
