"""`/health/live`: the process answers. `/health/ready`: database, schema and job runner are there."""

import sqlite3

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from instance.db.hot import Query
from instance.db.version import HEAD
from instance.house import house_of

VERSION = Query("SELECT version_num FROM alembic_version")

DATABASE_TROUBLE = (
    SQLAlchemyError,
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
    RuntimeError,  # the reader's thread is gone
)


async def live(_request: Request) -> JSONResponse:
    """200 as long as the event loop turns."""
    return JSONResponse({"status": "alive"})


async def ready(request: Request) -> JSONResponse:
    """200 once requests can be served, 503 with the reason before."""
    house = house_of(request)
    checks = {"database": False, "migrations": False, "jobs": house.runner_alive()}
    try:
        await house.store.read(lambda connection: connection.execute(text("SELECT 1")).scalar())
        checks["database"] = True
        checks["migrations"] = [tuple(row) for row in await house.store.hot(VERSION)] == [(HEAD,)]
    except DATABASE_TROUBLE:
        checks["database"] = False
    good = all(checks.values())
    return JSONResponse({"status": "ready" if good else "not ready", "checks": checks}, 200 if good else 503)


ROUTES = [Route("/health/live", live), Route("/health/ready", ready)]
