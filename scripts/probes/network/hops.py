"""The two proxies of a way: HAProxy, which speaks for the client, and nginx before the server.

The client of the lab knows HTTP/1.1 alone, and costs little for it. Real proxies speak TLS and
HTTP/2 for it, so what is measured has their cost in it; the way with plain connections shows how
much that is. Over TLS each connection of a client is one of its own, with a handshake of its own.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from probes.bench.pinning import pinned
from probes.exchange import Base
from probes.network.conditions import Hops
from probes.rig.children import CannotRun, Child, children_of, free_port
from probes.rig.facts import version
from probes.rig.line import HOST

STREAMS = 6
"""Streams that share a connection of HTTP/2: the tabs of one browser, and what they post."""
_NAME = "chat.example.org"
_MOST_DESCRIPTORS = 65_536
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_SYSTEM = "/usr/sbin:/sbin"
"""Where Debian keeps what an administrator starts."""

_NGINX = """\
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
daemon off;
worker_processes 1;
worker_rlimit_nofile {most};
events {{ worker_connections {most}; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    keepalive_timeout 1h;
    upstream server {{
        server {server};
        keepalive 300;
        keepalive_requests 1000000;
    }}
    map $http_upgrade $upstream_connection {{
        default upgrade;
        ""      "";
    }}
    server {{
        listen {base}{listen};
        {tls}
        location / {{
            proxy_pass http://server;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $upstream_connection;
            proxy_buffering off;
            # A stream ends with its connection, as it does without a proxy.
            chunked_transfer_encoding off;
            proxy_read_timeout 10m;
            proxy_send_timeout 10m;
        }}
    }}
}}
"""

_HAPROXY = """\
global
    nbthread 1
    tune.h2.max-concurrent-streams {streams}
defaults
    mode {mode}
    timeout connect 30s
    timeout client 10m
    timeout server 10m
    timeout tunnel 10m
    timeout http-request 30s
{options}
listen near
    bind {base}
{servers}"""
_OF_H2 = """\
    option http-no-delay
    http-reuse always
"""
# What nginx cannot carry over HTTP/2, browsers ask by HTTP/1.1 as well. The other server is said to
# speak HTTP/2: else HAProxy opens a connection for each request while the first one is opened.
_SERVERS_OF_H2 = """\
    use-server upgraded if {{ req.hdr(Upgrade) -m found }}
    server far {server} {tls} alpn h2 proto h2
    server upgraded {server} {tls} alpn http/1.1 weight 0
"""


@dataclass(frozen=True, slots=True)
class Hop:
    """A proxy that runs."""

    base: Base
    versions: dict[str, str]
    child: Child

    def pids(self) -> list[int]:
        """Of all its processes."""
        return [self.child.pid, *sorted(children_of(self.child.pid))]


@contextmanager
def far_hop(server: Base, hops: Hops, cpus: set[int]) -> Iterator[Hop]:
    """nginx before ``server``. Raises `CannotRun`."""
    with tempfile.TemporaryDirectory(prefix="tornchat-nginx-") as name:
        folder, base = Path(name), Base(HOST, free_port())
        listen = {Hops.PLAIN: "", Hops.TLS: " ssl", Hops.H2: " ssl http2"}[hops]
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        text = _NGINX.format(
            folder=folder,
            most=min(most, _MOST_DESCRIPTORS),
            server=server,
            base=base,
            listen=listen,
            tls=_tls(folder, hops),
        )
        (folder / "nginx.conf").write_text(text)
        binary = _binary("nginx")
        command = [binary, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        versions = {"nginx": version([binary, "-v"], stderr=True).rpartition("/")[2]}
        with _running("nginx", folder, command, base, cpus) as child:
            yield Hop(base, versions, child)


@contextmanager
def near_hop(far: Base, hops: Hops, cpus: set[int]) -> Iterator[Hop]:
    """HAProxy on the client's side, which speaks to the nginx that is reached by ``far``. Raises
    `CannotRun`."""
    with tempfile.TemporaryDirectory(prefix="tornchat-haproxy-") as name:
        folder, base = Path(name), Base(HOST, free_port())
        # Every connection is somebody else's: nobody comes back to a session of TLS. That nginx has
        # made its own certificate a minute ago is known.
        tls = f"ssl verify none sni str({_NAME}) no-ssl-reuse"
        servers = {
            Hops.PLAIN: "    server far {server}\n",
            Hops.TLS: "    server far {server} {tls} alpn http/1.1\n",
            Hops.H2: _SERVERS_OF_H2,
        }[hops]
        text = _HAPROXY.format(
            mode="http" if hops is Hops.H2 else "tcp",
            options=_OF_H2 if hops is Hops.H2 else "",
            base=base,
            servers=servers.format(server=far, tls=tls),
            streams=STREAMS,
        )
        (folder / "haproxy.cfg").write_text(text)
        binary = _binary("haproxy")
        command = [binary, "-db", "-f", str(folder / "haproxy.cfg")]
        words = version([binary, "-v"]).split()
        versions = {"haproxy": next((word for word in words if word[:1].isdigit()), "")}
        with _running("haproxy", folder, command, base, cpus) as child:
            yield Hop(base, versions, child)


def _tls(folder: Path, hops: Hops) -> str:
    """Lines of nginx, with a certificate of their own."""
    if hops is Hops.PLAIN:
        return ""
    key, certificate = folder / "chat.key", folder / "chat.pem"
    command = [
        *(_binary("openssl"), "req", "-x509", "-newkey", "ec", "-noenc", "-days", "2"),
        *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", f"/CN={_NAME}"),
        *("-keyout", str(key), "-out", str(certificate)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise CannotRun(f"openssl makes no certificate: {done.stderr.strip()[-200:]}")
    lines = [f"ssl_certificate {certificate};", f"ssl_certificate_key {key};"]
    return "\n        ".join(lines)


@contextmanager
def _running(
    name: str, folder: Path, command: Sequence[str], base: Base, cpus: set[int]
) -> Iterator[Child]:
    """A proxy that listens on ``base``, on these processors (empty: any)."""
    child = Child(name, folder)
    try:
        with pinned(cpus or os.sched_getaffinity(0)):
            child.start(command)
        end = time.monotonic() + _START_SECONDS
        while not _listens(base):
            if not child.running or time.monotonic() > end:
                said = child.complaints() + child.said()
                raise CannotRun(f"{name} did not get ready; it said: {said[-500:]}")
            time.sleep(0.02)
        yield child
    finally:
        child.send(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            if child.process is not None:
                child.process.wait(_STOP_SECONDS)
        child.kill()


def _listens(base: Base) -> bool:
    with suppress(OSError), socket.create_connection((base.host, base.port), 1):
        return True
    return False


def _binary(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), _SYSTEM]))
    if found is None:
        raise CannotRun(f"{name} is not installed: apt-get install {name}")
    return found
