"""The one listening socket that all workers accept from."""

from __future__ import annotations

import errno
import socket
import time

from tornchat.domain.errors import Unusable

#: Connections that may wait to be accepted: a herd that comes back after a restart waits here.
BACKLOG = 4096
#: Seconds after which a connection is given up whose other end takes nothing: dead, or stalled.
DEAD = 20

_NAMED_PORTS = 1024
_RETRY = 0.05


def listen(
    address: str,
    port: int,
    patience: float = 0.0,
    options: tuple[str, str] = ("--address", "--port"),
) -> socket.socket:
    """Listen on ``address`` and ``port`` (0: the kernel picks one).

    ``patience``: seconds to wait for a port that a crashed server's workers are about to leave.
    ``options`` named address and port, for the message. Raises :class:`Unusable`.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return _listen_once(address, port)
        except socket.gaierror:
            raise Unusable(f"{options[0]} {address}: there is no such address") from None
        except OSError as wrong:
            if wrong.errno != errno.EADDRINUSE or time.monotonic() >= until:
                raise Unusable(_why(wrong, address, port, options)) from None
        time.sleep(_RETRY)


def shown_address(address: str, port: int) -> str:
    """The URL that a person on this machine opens."""
    host = f"[{address}]" if ":" in address else address
    if address in ("127.0.0.1", "0.0.0.0", "::", "::1", "localhost"):  # noqa: S104
        host = "localhost"
    return f"http://{host}:{port}"


def _listen_once(address: str, port: int) -> socket.socket:
    family, kind, protocol, _, where = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        _give_up_the_dead(listener)
        listener.bind(where)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _give_up_the_dead(listener: socket.socket) -> None:
    """What is set here holds for the connections that come in by this socket."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD * 1000)
        return
    # Not Linux: a dead machine is noticed, one that stalls by what waits for it in the outlet.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPALIVE", DEAD), ("TCP_KEEPINTVL", DEAD // 4), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _why(wrong: OSError, address: str, port: int, options: tuple[str, str]) -> str:
    if wrong.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {address} is taken; stop what uses it or choose another {options[1]}"
        )
    if wrong.errno == errno.EACCES and port < _NAMED_PORTS:
        return f"port {port} needs root; choose one from {_NAMED_PORTS} up and a proxy before it"
    if wrong.errno == errno.EADDRNOTAVAIL:
        return f"{options[0]} {address}: this machine does not have that address"
    return f"cannot listen on {address} port {port}: {wrong.strerror}"
