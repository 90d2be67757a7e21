"""Wires: instances and pretend peers in one process reach each other by host, without sockets."""

from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx


class _OneRequest:
    def __init__(self, wires: "Wires", sender: str) -> None:
        self._wires = wires
        self._sender = sender

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        return await self._wires.carry(self._sender, request)

    async def aclose(self) -> None:
        return None


class Wires:
    """The network of a test: `apps` by `host[:port]`; `down` hosts can't be reached. `log` has every request."""

    def __init__(self) -> None:
        self.apps: dict[str, Any] = {}
        self.down: set[str] = set()
        self.log: list[tuple[str, str, str]] = []  # sender, method, address

    def of(self, sender: str) -> "Joined":
        """The network as one instance sees it."""
        return Joined(self, sender)

    async def carry(self, sender: str, request: httpcore.Request) -> httpcore.Response:
        url = request.url
        host = url.host.decode() + (f":{url.port}" if url.port else "")
        address = f"{url.scheme.decode()}://{host}{url.target.decode()}"
        self.log.append((sender, request.method.decode(), address))
        asgi = self.apps.get(host)
        if asgi is None or host in self.down:
            raise httpcore.ConnectError(f"{host} is not there")
        content = b"".join([chunk async for chunk in request.stream])  # type: ignore[union-attr]
        transport = httpx.ASGITransport(asgi, client=("198.51.100.7", 4321))
        headers = [(name, value) for name, value in request.headers if name.lower() != b"transfer-encoding"]
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            made = client.build_request(request.method.decode(), address, headers=headers, content=content)
            answer = await client.send(made)
        return httpcore.Response(answer.status_code, headers=answer.headers.raw, content=answer.content)

    def requests_to(self, host: str, method: str = "") -> list[str]:
        """Addresses asked of a host, in order."""
        return [url for _, verb, url in self.log if urlsplit(url).netloc == host and method in {"", verb}]


class Joined:
    """One instance's end of the wires."""

    def __init__(self, wires: Wires, sender: str) -> None:
        self._wires = wires
        self._sender = sender

    def pool(self, _scheme: str) -> _OneRequest:
        return _OneRequest(self._wires, self._sender)

    def line(self, _origin: str) -> _OneRequest:
        return _OneRequest(self._wires, self._sender)
