"""Redis asked without an event loop, for the moments before there is one.

The supervisor must be up in a fraction of a second: a socket and hiredis import ten times faster
than a client library.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self

import hiredis

from tornchat.log.address import Address


class RedisSays(Exception):
    """Redis answered with an error; the text is its own."""


class Conversation:
    """One connection, used as a context manager; every step has the same time limit."""

    def __init__(self, address: Address, timeout: float) -> None:
        """Connect and sign in. Raises ``OSError`` (``TimeoutError`` too) and RedisSays."""
        self._reader = hiredis.Reader(encoding="utf-8", errors="replace")
        self._socket = _connect(address, timeout)
        try:
            if address.password:
                name = (address.user,) if address.user else ()
                self.ask("AUTH", *name, address.password)
            if address.database:
                self.ask("SELECT", str(address.database))
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def ask(self, *command: str) -> object:
        """The reply to one command. Raises RedisSays for an error, ``OSError`` for no reply."""
        packed = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub: one part only
        self._socket.sendall(packed)
        try:
            while (reply := self._reader.gets()) is False:
                received = self._socket.recv(65536)
                if not received:
                    raise ConnectionResetError("the connection was closed")
                self._reader.feed(received)
        except hiredis.ProtocolError:
            raise RedisSays("what answers there is not Redis") from None
        if isinstance(reply, hiredis.ReplyError):
            raise RedisSays(str(reply))
        return reply

    def info(self) -> dict[str, str]:
        """What INFO says, as one flat table."""
        lines = str(self.ask("INFO")).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line and line[:1] != "#")


def _connect(address: Address, timeout: float) -> socket.socket:
    if address.unix_path:
        local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        local.settimeout(timeout)
        try:
            local.connect(address.unix_path)
        except BaseException:
            local.close()
            raise
        return local
    remote = socket.create_connection((address.host, address.port), timeout)
    if not address.tls:
        return remote
    try:
        return address.tls_context().wrap_socket(remote, server_hostname=address.host)
    except BaseException:
        remote.close()
        raise
