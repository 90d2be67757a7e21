"""Makes "there is nothing" take as long as "not for you": what is refused as absent is answered no sooner than a floor.

Without it the time of a 404 tells whether the thing exists (LEAKS L09): judging a row takes longer than missing one.
"""

import asyncio
import secrets

from instance.clock import monotonic

FLOOR_SECONDS = 0.03
"""More than either answer takes here."""
JITTER_SECONDS = 0.005
HIDDEN = 404


async def wait(status: int, started: float) -> None:
    """Hold a 404 back until the floor, and a random moment more. `started` is of the monotonic clock."""
    if status == HIDDEN:
        jitter = secrets.randbelow(1000) / 1000 * JITTER_SECONDS
        await asyncio.sleep(max(0.0, FLOOR_SECONDS - (monotonic() - started)) + jitter)
