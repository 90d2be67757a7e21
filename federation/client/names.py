"""Names of servers -> addresses, in threads of our own: a name that nobody answers for holds up no other.

The loop's own look-ups share four threads (uvloop) or six with all else that is done in threads. Who owns a domain decides how
long a look-up of a name below it takes, and can have as many looked up as she signs requests.
"""

import asyncio
import socket
import threading
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

MOST = 32


class Names:
    """Looks up at most `most` names at once; the others wait."""

    def __init__(self, most: int = MOST) -> None:
        self._places = asyncio.Semaphore(most)

    async def addresses(self, host: str, port: int) -> list[str]:
        """All addresses of a name. Raises OSError, UnicodeError."""
        try:
            return [str(ip_address(host.strip("[]")))]
        except ValueError:
            pass
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[Any]] = loop.create_future()

        def settle(outcome: list[Any] | Exception) -> None:
            self._places.release()  # not before: whoever asked may have gone, the thread has not
            if found.done():
                return
            if isinstance(outcome, Exception):
                found.set_exception(outcome)
            else:
                found.set_result(outcome)

        def look() -> None:
            outcome = _look(host, port)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle, outcome)

        threading.Thread(target=look, name="names", daemon=True).start()
        return list(dict.fromkeys(str(entry[4][0]) for entry in await found))


def _look(host: str, port: int) -> list[Any] | Exception:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except Exception as error:  # noqa: BLE001 - raised where it was asked
        return error
