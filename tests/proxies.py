"""The proxies of docs/deploy, started from the very files that an operator copies.

Only what cannot be the same is replaced, as text and once each: the ports to listen on, those of
the nodes, the path of the certificate. nginx gets the few lines around it that Debian's nginx.conf
has; Caddy is told to ask nobody for a certificate.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.running import ROOT, until
from tornchat.wire import frames
from tornchat.wire.sse import Decoder

DEPLOY = ROOT / "docs" / "deploy"
NAME = "chat.example.org"
PASSWORD = "correct horse battery"

_AROUND_NGINX = """
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
daemon off;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/tornchat.conf;
}}
"""


@dataclass(slots=True)
class Proxy:
    """A proxy on ``port`` (https) in front of the nodes at two other ports of this machine."""

    kind: str
    folder: Path
    certificates: Path
    nodes: tuple[int, int]
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Proxy:
        """Check the file with the proxy's own check, and run it."""
        public, plain = free_ports(2)
        self.port = self.port or public
        check, command = getattr(self, f"_{self.kind}")(plain)
        home = {**os.environ, "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)}
        checked = subprocess.run(check, capture_output=True, text=True, check=False, env=home)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        with (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=home
            )
        until(self._passes_on, 60, f"{self.kind}: {(self.folder / 'output').read_text()}")
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)

    def trust(self) -> ssl.SSLContext:
        """What a device that has been given the authority believes."""
        return ssl.create_default_context(cafile=str(self.certificates / "authority.pem"))

    def _passes_on(self) -> bool:
        with suppress(httpx.TransportError):
            return Browser(self).ask("GET", "/healthz").status_code == 200
        return False

    def _write(self, name: str, changes: dict[str, str]) -> Path:
        text = (DEPLOY / name).read_text()
        changes |= {"127.0.0.1:8888": f"127.0.0.1:{self.nodes[0]}"}
        changes |= {"127.0.0.1:8889": f"127.0.0.1:{self.nodes[1]}"}
        for old, new in changes.items():
            assert text.count(old) == 1, f"{name} has not one {old!r}"
            text = text.replace(old, new)
        path = self.folder / ("tornchat.conf" if name == "nginx.conf" else name)
        path.write_text(text)
        return path

    def _nginx(self, plain: int) -> tuple[Sequence[str], Sequence[str]]:
        self._write(
            "nginx.conf",
            {
                "listen 80;": f"listen 127.0.0.1:{plain};",
                "listen 443 ssl http2;": f"listen 127.0.0.1:{self.port} ssl http2;",
                "/etc/tornchat/chat.pem": str(self.certificates / "chat.pem"),
                "/etc/tornchat/chat.key": str(self.certificates / "chat.key"),
            },
        )
        main = self.folder / "nginx.conf"
        main.write_text(_AROUND_NGINX.format(folder=self.folder))
        command = ["nginx", "-p", str(self.folder), "-c", str(main)]
        return [*command, "-t"], command

    def _haproxy(self, plain: int) -> tuple[Sequence[str], Sequence[str]]:
        # Only root can become somebody else.
        lent = "    user haproxy\n    group haproxy\n    chroot /var/lib/haproxy\n"
        path = self._write(
            "haproxy.cfg",
            {
                lent: lent if os.geteuid() == 0 else "",
                "bind :80\n": f"bind 127.0.0.1:{plain}\n",
                "bind :443 ssl": f"bind 127.0.0.1:{self.port} ssl",
                "/etc/haproxy/tornchat.pem": str(self.certificates / "chat-with-key.pem"),
            },
        )
        command = ["haproxy", "-f", str(path)]
        return [*command, "-c"], [*command, "-db"]

    def _caddy(self, plain: int) -> tuple[Sequence[str], Sequence[str]]:
        chat = self.certificates / "chat.pem"
        path = self._write(
            "Caddyfile",
            {
                f"{NAME} {{\n": f"https://{NAME}:{self.port} {{\n"
                f"\ttls {chat} {chat.with_suffix('.key')}\n"
            },
        )
        options = f"admin off\nauto_https disable_redirects\nhttp_port {plain}\ngrace_period 1s"
        path.write_text(f"{{\n{options}\n}}\n{path.read_text()}")
        config = ["--config", str(path), "--adapter", "caddyfile"]
        return ["caddy", "validate", *config], ["caddy", "run", *config]


class Browser:
    """Somebody who knows the chat by its public name, and trusts the authority on the network."""

    def __init__(self, proxy: Proxy, name: str = "") -> None:
        self.name = name
        self.room = ""
        self._proxy = proxy
        self._http = httpx.Client(
            base_url=f"https://127.0.0.1:{proxy.port}",
            verify=proxy.trust(),
            timeout=60,
            headers={"Host": NAME, "Origin": f"https://{NAME}", "Content-Type": "application/json"},
        )

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._http.request(method, path, extensions={"sni_hostname": NAME}, **more)

    def sign_up(self) -> Browser:
        return self._enter("/api/users")

    def sign_in(self) -> Browser:
        return self._enter("/api/session")

    def say(self, body: str) -> int:
        """Post what must be accepted, with a nonce and again where an answer fails to come."""
        end = time.monotonic() + 60
        while True:
            with suppress(httpx.TransportError):
                answer = self.ask(
                    "POST", f"/api/rooms/{self.room}/messages", json={"body": body, "nonce": body}
                )
                if answer.status_code in (200, 201):
                    return int(answer.json()["id"])
                assert answer.status_code >= 500, answer.text
            assert time.monotonic() < end, f"{body!r} is not accepted"
            time.sleep(0.1)

    def follow(self) -> Stream:
        """A stream that comes back by itself, already live."""
        stream = Stream(self._proxy, self._cookies())
        stream.start()
        until(lambda: stream.hellos, 60, "a hello through the proxy")
        return stream

    def web_socket(self) -> Iterator[dict[str, Any]]:
        """The events of ``/api/events/socket``, from the hello on."""
        plain = socket.create_connection(("127.0.0.1", self._proxy.port), timeout=60)
        with self._proxy.trust().wrap_socket(plain, server_hostname=NAME) as line:
            line.sendall(
                f"GET /api/events/socket HTTP/1.1\r\nHost: {NAME}\r\nOrigin: https://{NAME}\r\n"
                f"Cookie: {self._cookies()}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            received = b""
            while b"\r\n\r\n" not in received:
                received += line.recv(1)
            assert received.startswith(b"HTTP/1.1 101 "), received
            decoder = frames.Decoder(masked=False, limit=1_000_000)
            while chunk := line.recv(65536):
                for frame in decoder.feed(chunk):
                    yield json.loads(frame.payload)

    def _cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())

    def _enter(self, path: str) -> Browser:
        answer = self.ask("POST", path, json={"username": self.name, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        self.room = answer.json()["rooms"][0]["id"]
        return self


class Stream(threading.Thread):
    """``/api/events`` through the proxy, as an EventSource reads it."""

    def __init__(self, proxy: Proxy, cookies: str) -> None:
        super().__init__(daemon=True)
        self.hellos: list[dict[str, Any]] = []
        self.ids: list[int] = []
        """Of the messages, in the order of arrival."""
        self._proxy = proxy
        self._headers = {"Host": NAME, "Cookie": cookies, "Accept": "text/event-stream"}
        self._last_id = ""

    def run(self) -> None:
        while True:
            with suppress(OSError, http.client.HTTPException):
                self._read_one()
            time.sleep(0.1)

    def _read_one(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self._proxy.port), timeout=60)
        connection = http.client.HTTPConnection(NAME)
        with self._proxy.trust().wrap_socket(plain, server_hostname=NAME) as connection.sock:
            resume = {"Last-Event-ID": self._last_id} if self._last_id else {}
            connection.request("GET", "/api/events", headers={**self._headers, **resume})
            response = connection.getresponse()
            decoder = Decoder(self._last_id)
            while response.status == 200 and (chunk := response.read1(65536)):
                for received in decoder.feed(chunk):
                    self._last_id = received.id
                    if received.kind == "hello":
                        self.hellos.append(json.loads(received.data))
                    elif received.kind == "message":
                        self.ids.append(json.loads(received.data)["id"])


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on, all different."""
    found = []
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    for each in sockets:
        found.append(each.getsockname()[1])
        each.close()
    return found
