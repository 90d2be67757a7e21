"""Wakes runners on other machines through Redis, with arq: one small arq job says which pumps have work.

The tables are the truth. A wake that is lost (Redis flushed, restarted, away) costs a second: every runner looks for
itself once a second. What travels is pump names as JSON, never pickled objects, never a member's words.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func
from redis.exceptions import RedisError

from instance.observe import log

FUNCTION = "wake"
POLL_SECONDS = 0.1
GATHER_SECONDS = 0.005
AGAIN_SECONDS = 2.0


def _to_bytes(value: dict[str, Any]) -> bytes:
    return json.dumps(value, default=str).encode()


class RedisBell:
    """One process's end of the wire: web processes ring, workers listen (`instance.jobs.runner.Bell`)."""

    def __init__(self, redis_url: str, domain: str) -> None:
        self._settings = RedisSettings.from_dsn(redis_url)
        self._settings.conn_retries = 0
        self._queue = f"skerry:{domain}:wake"  # several instances may share one Redis
        self._pool: ArqRedis | None = None
        self._wanted: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending = False

    def ring(self, names: set[str]) -> None:
        """Tell the workers, after a commit; returns at once. Wakes of a few milliseconds go together."""
        self._wanted |= names
        if not self._sending:
            self._sending = True
            self._start(self._send())

    def listen(self, wake: Callable[[set[str]], None]) -> None:
        """Call `wake` for what others ring, until `close`; comes back by itself when Redis does."""
        self._start(self._listen(wake))

    async def close(self) -> None:
        """Stop listening and let go of Redis."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._hang_up()

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self) -> None:
        try:
            while self._wanted:
                await asyncio.sleep(GATHER_SECONDS)
                names, self._wanted = self._wanted, set()
                self._pool = self._pool or await self._connect()
                await self._pool.enqueue_job(FUNCTION, *sorted(names), _queue_name=self._queue, _expires=60)
        except (RedisError, OSError) as error:
            log.warning("redis_unreachable", error=type(error).__name__)
            await self._hang_up()
        finally:
            self._sending = False

    async def _hang_up(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.aclose()

    async def _listen(self, wake: Callable[[set[str]], None]) -> None:
        async def woken(_ctx: dict[Any, Any], *names: str) -> None:
            wake(set(names))

        while True:
            try:
                async with await self._connect() as pool:
                    await self._worker(pool, woken).async_run()
            except (RedisError, OSError) as error:
                log.warning("redis_unreachable", error=type(error).__name__)
            await asyncio.sleep(AGAIN_SECONDS)

    def _worker(self, pool: ArqRedis, woken: Any) -> Worker:
        return Worker(
            [func(woken, name=FUNCTION, keep_result=0, max_tries=1)],
            queue_name=self._queue,
            redis_pool=pool,
            handle_signals=False,
            poll_delay=POLL_SECONDS,
            job_serializer=_to_bytes,
            job_deserializer=json.loads,
        )

    async def _connect(self) -> ArqRedis:
        return await create_pool(self._settings, job_serializer=_to_bytes, job_deserializer=json.loads)
