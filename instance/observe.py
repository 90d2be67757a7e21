"""Structured logs without health data, and counters.

A log line is an event name and small facts: ids, kinds, counts, hosts. Never a body, a text, a name of a group under /g,
/m or /d, an address of a member. `path_of` is how a path may be logged.
"""

import hashlib
import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_PREFIXES = ("/g/", "/d/", "/m/", "/media/", "/setup/", "/invite/", "/link/")

log: Any = structlog.get_logger("skerry")


def configure(level: str, *, pretty: bool = False) -> None:
    """Send log lines to stderr: JSON, or coloured text for development."""
    renderer: Any = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_traces,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def path_of(path: str) -> str:
    """A request path as a log may show it: what names a closed thing is hashed (LEAKS L49)."""
    for prefix in SECRET_PREFIXES:
        if path.startswith(prefix):
            return prefix + hashlib.sha256(path.encode()).hexdigest()[:8]
    return path


def _without_traces(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Exception texts may quote members; only the type stays."""
    if event.pop("exc_info", None):
        event["error"] = event.get("error", "exception")
    return event
