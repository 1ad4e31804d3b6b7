"""HAProxy before the nodes. They come and go while it runs, by its runtime API."""

from __future__ import annotations

import csv
import io
import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from probes.exchange import Base
from probes.rig import facts
from probes.rig.children import CannotRun, Child, free_port
from probes.rig.line import HOST

# As docs/deploy/haproxy.cfg, without TLS. Nodes are in maintenance until they join.
_CONFIGURATION = """\
global
    maxconn {most}
    nbthread 1
    stats socket {socket} mode 600 level admin

defaults
    mode http
    option forwardfor
    option http-keep-alive
    http-reuse never
    option abortonclose
    timeout http-request 20s
    timeout connect 2s
    timeout client 75s
    timeout server 75s
    timeout tunnel 1h
    timeout check 5s
    retries 3
    retry-on conn-failure
    option redispatch 1

frontend chat
    bind {host}:{port}
    default_backend nodes

backend nodes
    balance leastconn
    option httpchk GET /readyz
    http-check expect status 200
    default-server check inter 1s fall 2 rise 1 disabled
{servers}
"""
_SECONDS = 10.0


class Balancer:
    """``nodes``: name -> address of all that may ever join; ``most`` connections at once."""

    def __init__(self, folder: Path, nodes: Mapping[str, Base], most: int) -> None:
        found = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if found is None:
            raise CannotRun("no haproxy is here: apt-get install haproxy")
        self.binary = found
        self.base = Base(HOST, free_port())
        # A socket's path has room for about 100 characters.
        self._socket = folder / "haproxy.sock"
        self._child = Child("haproxy", folder)
        servers = "".join(f"    server {name} {base}\n" for name, base in nodes.items())
        self._file = folder / "haproxy.cfg"
        self._file.write_text(
            _CONFIGURATION.format(
                most=most, socket=self._socket, host=HOST, port=self.base.port, servers=servers
            )
        )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def version(self) -> str:
        return " ".join(facts.version([self.binary, "-v"]).split()[:3:2])

    async def start(self) -> None:
        """Raises `CannotRun`."""
        self._child.start([self.binary, "-db", "-f", self._file])
        await self._child.until(self._answers)

    async def stop(self) -> None:
        await self._child.stop()

    def join(self, node: str) -> None:
        """New connections go there as well from now on."""
        self._do(f"set server nodes/{node} state ready")

    def part(self, node: str) -> None:
        """No connection goes there any more."""
        self._do(f"set server nodes/{node} state maint")

    def streams(self) -> dict[str, int]:
        """Exchanges that are under way, by the names of the nodes."""
        rows = csv.DictReader(io.StringIO(self._do("show stat").lstrip("# ")))
        return {
            row["svname"]: int(row["scur"])
            for row in rows
            if row["pxname"] == "nodes" and row["svname"] != "BACKEND"
        }

    def _do(self, command: str) -> str:
        """What it answers to a command."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_SECONDS)
            line.connect(str(self._socket))
            line.sendall(command.encode() + b"\n")
            said = b""
            while data := line.recv(65_536):
                said += data
        return said.decode()

    def _answers(self) -> bool:
        with suppress(OSError):
            return bool(self._do("show stat"))
        return False
