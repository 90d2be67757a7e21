"""A stop is quick though a server that is being sent to never answers; nothing is lost, and it is sent by the next process."""

import signal
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from federation.outbound.enqueue import enqueue
from federation.schema import delivery, local_key, remote_actor
from federation.schema import peer as peers
from instance.cli.common import in_unit, site_of
from instance.db.people import account
from instance.db.unit import Unit
from tests.support.process import Process, free_port

pytestmark = pytest.mark.processes
HOST = "127.0.0.4"
STOPPED_WITHIN = 10.0


def _has_key(u: Unit) -> bool:
    mine = select(local_key.c.id).join(account, account.c.iri == local_key.c.actor).where(account.c.name == "ann")
    return u.connection.execute(mine).first() is not None


def _queue(u: Unit, base: str) -> None:
    """Something for a server that we know already."""
    author = u.connection.execute(select(account.c.iri).where(account.c.name == "ann")).scalar_one()
    known = {"iri": f"{base}/users/bob", "host": base.partition("://")[2], "kind": "Person", "document": "{}"}
    where = {"inbox": f"{base}/users/bob/inbox", "shared_inbox": f"{base}/inbox", "fetched_at": u.now}
    u.connection.execute(insert(remote_actor).values(**known, **where))
    facts = {"visibility": "public", "local_only": False, "tier": None}
    activity = {"id": f"{author}/x/1", "type": "Create"}
    enqueue(u.connection, u.now, activity, actor=author, recipients=[known["iri"]], facts=facts)


def _rows(u: Unit) -> tuple[Any, Any]:
    sent = u.connection.execute(select(delivery.c.state, delivery.c.tries)).one()
    return tuple(sent), u.connection.execute(select(peers.c.lease, peers.c.queued)).one()


def test_a_hanging_server_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    port = free_port(HOST)
    process = Process(tmp_path / "a", {"SKERRY_ALLOW_PRIVATE_PEERS": f"{HOST}/32"})
    with socket.create_server((HOST, port)) as silent:
        silent.settimeout(60)
        try:
            process.start().wait()
            process.cli("account", "create", "ann", "--public-posting")
            site = site_of(process.data)
            while not in_unit(site, _has_key):
                time.sleep(0.1)  # made in a job; what is sent before waits for half a minute
            in_unit(site, _queue, f"http://{HOST}:{port}")
            connection, _ = silent.accept()
            with connection:
                connection.settimeout(30)
                while b"POST /inbox" not in connection.recv(65536):
                    continue  # it is being sent to; it never answers
                began = time.monotonic()
                assert process.stop() in {0, -signal.SIGTERM}
                assert time.monotonic() - began < STOPPED_WITHIN
            assert in_unit(site, _rows) == (("ready", 0), (None, True))
            process.start()
            again, _ = silent.accept()
            again.sendall(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            deadline = time.monotonic() + 30
            while in_unit(site, _rows)[0][0] != "sent":
                assert time.monotonic() < deadline
                time.sleep(0.2)
            again.close()
        finally:
            process.kill()
