"""A worker that is asked to hold more than it has descriptors for."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.conftest import StartServer
from tests.people import Person
from tests.running import RunningServer, until

DESCRIPTORS = 200
FEW = f"""
import resource, sys
if 'tornchat.app' in sys.orig_argv:
    resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}))
"""


def knock(server: RunningServer, request: str = "") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), 60)
    client.sendall(request.encode())
    return client


def test_a_worker_refuses_before_its_descriptors_run_out(
    start_server: StartServer, tmp_path: Path
) -> None:
    # Python runs this in every process with it on its path, before anything else.
    (tmp_path / "sitecustomize.py").write_text(FEW)
    server = start_server("--max-streams", "0", environ={"PYTHONPATH": str(tmp_path)})
    ana = Person(server, "ana").sign_up()
    cookie = "; ".join(f"{name}={value}" for name, value in ana.http.cookies.items())
    head = f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
    streams = [knock(server, head) for _ in range(DESCRIPTORS // 2)]
    answers = [stream.recv(4096).partition(b"\r\n")[0] for stream in streams]
    assert answers.count(b"HTTP/1.1 200 OK") == DESCRIPTORS - 2 * 64
    assert answers.count(b"HTTP/1.1 503 Service Unavailable") == DESCRIPTORS // 2 - 72
    idle = [knock(server) for _ in range(DESCRIPTORS)]
    until(server.answers, 60, "an answer in the place of one that says nothing")
    assert ana.insist("and Redis is there", "1")
    for client in (*streams, *idle):
        client.close()
    assert ana.insist("and all is well again", "2")
    assert "Too many open files" not in server.errors
