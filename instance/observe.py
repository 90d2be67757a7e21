"""Structured logs without health data, and counters.

A log line is an event name and small facts: ids, kinds, counts, hosts. Never a body, a text, a name of a group under /g,
/m or /d, an address of a member. `path_of` is how a path may be logged.
"""

import hashlib
import logging
import sys
from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

# What follows these names a closed group, a person, a secret, or what somebody is interested in.
SECRET_PREFIXES = (
    "/g/",
    "/d/",
    "/m/",
    "/media/",
    "/setup/",
    "/invite/",
    "/link/",
    "/reset/",
    "/confirm/",
    "/@",
    "/tags/",
    "/api/v1/tags/",
    "/api/v1/timelines/tag/",
    "/api/v1/featured_tags/",
)

log: Any = structlog.get_logger("skerry")


def configure(level: str, *, pretty: bool = False) -> None:
    """Send log lines to stderr: JSON, or coloured text for development."""
    renderer: Any = structlog.dev.ConsoleRenderer() if pretty else _json
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_traces,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr)
        if pretty
        else structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[LibraryHandler()], level=logging.WARNING, force=True)


def path_of(path: str) -> str:
    """A request path as a log may show it: what names a closed thing is hashed (LEAKS L49)."""
    for prefix in SECRET_PREFIXES:
        if path.startswith(prefix):
            return prefix + hashlib.sha256(path.encode()).hexdigest()[:8]
    return path


def describe(error: BaseException) -> str:
    """What may be kept of an error: its type and place, for its text may hold words of members."""
    trace: Any = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace is not None else ""
    return f"{type(error).__name__}{place}"


class LibraryHandler(logging.Handler):
    """What libraries log, without their texts' parameters and without traces: both may quote members."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        facts = {"error": describe(error)} if error is not None else {}
        text = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        log.warning("library", name=record.name, level=record.levelname, text=text[:120], **facts)


@dataclass(slots=True)
class Tally:
    """Counts since the start of this process, for /metrics."""

    requests: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def request(self, status: int, seconds: float) -> None:
        """One more answered request, `seconds` long."""
        self.requests[f"{status // 100}xx"] += 1
        self.seconds += seconds


def _json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)


def _without_traces(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Exception texts may quote members; only the type stays."""
    if event.pop("exc_info", None):
        event["error"] = event.get("error", "exception")
    return event
