"""Home pages of 20 over HTTP, per second of the instance's CPU.

    .venv/bin/python -m benchmarks.home_page [sqlite|postgresql ...] [--port 18330] [--pages 3000]

A reader follows five members, who have 200 posts between them: text of 400 characters, a tag, a mention, every tenth
with a poll, every fifth boosted by another, every seventh favourited by the reader. Then 3,000 home pages are fetched
over four kept-alive connections; the instance's own CPU (user and system, all threads) is divided by their number.
"""

import argparse
import asyncio
import json
import time

import httpx

from benchmarks.served import Served, served

TEXT = ("Today the walk to the lake went well, better than last week, and the new inhaler helps. " * 5)[:380]
CLIENTS = 4


def seed(instance: Served) -> str:
    """Write the posts; the reader's token."""
    reader = instance.token("reader")
    tokens = [instance.token(f"member{n}") for n in range(5)]
    with httpx.Client(base_url=instance.url, timeout=30) as http:

        def call(token: str, path: str, **body: object) -> dict[str, str]:
            answer = http.post(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}, json=body)
            answer.raise_for_status()
            return answer.json()  # type: ignore[no-any-return]

        for token in tokens:
            me = http.get("/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {token}"}).json()
            call(reader, f"accounts/{me['id']}/follow")
        for n in range(200):
            more = {"poll": {"options": ["yes", "no"], "expires_in": 86400}} if n % 10 == 0 else {}
            made = call(tokens[n % 5], "statuses", status=f"{n} {TEXT} #walk @member{(n + 1) % 5}", **more)
            if n % 5 == 0:
                call(tokens[(n + 1) % 5], f"statuses/{made['id']}/reblog")
            if n % 7 == 0:
                call(reader, f"statuses/{made['id']}/favourite")
    return reader


async def fetch(instance: Served, token: str, pages: int) -> int:
    """Fetch so many home pages; the size of one."""
    limits = httpx.Limits(max_connections=CLIENTS)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=instance.url, headers=headers, limits=limits) as http:

        async def some(number: int) -> int:
            size = 0
            for _ in range(number):
                answer = await http.get("/api/v1/timelines/home")
                answer.raise_for_status()
                size = len(answer.content)
            return size

        sizes = await asyncio.gather(*(some(pages // CLIENTS) for _ in range(CLIENTS)))
    return sizes[0]


def measure(kind: str, port: int, pages: int) -> dict[str, object]:
    """One run on one kind of database."""
    with served(kind, port) as instance:
        token = seed(instance)
        shown = httpx.get(f"{instance.url}/api/v1/timelines/home", headers={"Authorization": f"Bearer {token}"}).json()
        assert len(shown) == 20, len(shown)
        asyncio.run(fetch(instance, token, 200))
        before, start = instance.cpu(), time.monotonic()
        size = asyncio.run(fetch(instance, token, pages))
        used, took = instance.cpu() - before, time.monotonic() - start
        return {
            "database": kind,
            "cpu_ms_a_page": round(1000 * used / pages, 3),
            "pages_a_cpu_second": round(pages / used),
            "pages_a_second": round(pages / took),
            "bytes_a_page": size,
            "memory_mb": round(instance.memory()),
        }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--port", type=int, default=18330)
    parser.add_argument("--pages", type=int, default=3000)
    asked = parser.parse_args()
    for kind in asked.kinds or ["sqlite", "postgresql"]:
        print(json.dumps(measure(kind, asked.port, asked.pages)))


if __name__ == "__main__":
    main()
