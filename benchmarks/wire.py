"""What the wire benchmarks share: a pretend server in a process of its own, signed POSTs to the instance."""

import asyncio
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.served import free_ports
from tests.support.peer import AS, cavage

HOST = "127.0.0.9"
AT_ONCE = 16


@dataclass
class Peers:
    """Pretend servers that run in one process."""

    bases: list[str]
    key: rsa.RSAPrivateKey
    ca: str

    def posted(self) -> int:
        """How many POSTs they got."""
        return int(httpx.get(f"{self.bases[0]}/count", verify=False).text)

    def follows(self) -> dict[str, str]:
        """Whom they were asked to be followed: actor -> id of the Follow."""
        found: dict[str, str] = httpx.get(f"{self.bases[0]}/follows", verify=False).json()
        return found

    def request(self, to: str, activity: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        """(headers, body) of a signed POST."""
        body = json.dumps({"@context": AS} | activity).encode()
        headers = {
            "Host": to.partition("://")[2].partition("/")[0],
            "Date": formatdate(time.time(), usegmt=True),
            "Digest": "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode(),
            "Content-Type": "application/activity+json",
        }
        names = ["(request-target)", "host", "date", "digest", "content-type"]
        return headers | {
            "Signature": cavage(self.key, f"{activity['actor']}#main-key", "POST", to, headers, names)
        }, body

    def send(self, to: str, activities: Sequence[dict[str, Any]]) -> None:
        """POST all of them, 16 at once on kept-alive connections; each must be answered 202."""
        asyncio.run(post_all(to, [self.request(to, activity) for activity in activities]))


async def post_all(to: str, requests: list[tuple[dict[str, str], bytes]]) -> None:
    """Send signed requests."""
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(limits=limits, timeout=60) as http:

        async def some(start: int) -> None:
            for headers, body in requests[start::AT_ONCE]:
                answer = await http.post(to, headers=headers, content=body)
                assert answer.status_code == 202, answer.text

        await asyncio.gather(*(some(start) for start in range(AT_ONCE)))


@contextmanager
def peers(port: int, servers: int, *, tls: bool) -> Iterator[Peers]:
    """Start pretend servers at `port` or above; this process's environment names them, for the instance to be started after."""
    port = free_ports(HOST, port, servers)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="skerry-peers-")))
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        words = [sys.executable, "-m", "benchmarks.wire_peer", "--host", HOST, "--port", str(port)]
        words += ["--servers", str(servers)]
        if tls:
            authority = trustme.CA()
            authority.cert_pem.write_to_path(str(folder / "ca.pem"))
            authority.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(str(folder / "own.pem"))
            words += ["--certificate", str(folder / "own.pem")]
            os.environ["SKERRY_TRUSTED_CA"] = str(folder / "ca.pem")
            stack.callback(os.environ.pop, "SKERRY_TRUSTED_CA", None)
        os.environ["SKERRY_ALLOW_PRIVATE_PEERS"] = f"{HOST}/32"
        stack.callback(os.environ.pop, "SKERRY_ALLOW_PRIVATE_PEERS", None)
        process = subprocess.Popen(words, stdin=subprocess.PIPE)
        stack.callback(process.wait, 20)
        stack.callback(process.terminate)
        assert process.stdin is not None
        process.stdin.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        process.stdin.close()
        scheme = "https" if tls else "http"
        bases = [f"{scheme}://{HOST}:{number}" for number in range(port, port + servers)]
        _wait(f"{bases[-1]}/count", process)
        yield Peers(bases, key, str(folder / "ca.pem"))


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        if process.poll() is not None:
            break
        try:
            httpx.get(url, verify=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the pretend server did not start")
