"""Parsers of single settings: text in, value out, ``ValueError`` with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

T = TypeVar("T")

_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")
_FETCH_HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|[0-9a-f:]*::?[0-9a-f:.]*)(?::[0-9]{1,5})?"
)
_SPACE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def optional(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    """A parser for which an empty text means none."""
    return lambda text: parse(text) if text.strip() else None


def whole(least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers between the two, both included."""

    def parse(text: str) -> int:
        value = int(text) if re.fullmatch(r"[0-9]{1,9}", text.strip()) else -1
        if not least <= value <= most:
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return value

    return parse


def number(least: float, most: float) -> Callable[[str], float]:
    """A parser of decimal numbers between the two; whole ones stay whole (``25``, not ``25.0``)."""

    def parse(text: str) -> float:
        digits = re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text.strip())
        value = float(text) if digits else -1.0
        if not least <= value <= most:
            raise ValueError(f"{text!r} is not a number from {least:g} to {most:g}")
        return int(value) if value.is_integer() else value

    return parse


def one_of(*choices: str) -> Callable[[str], str]:
    """A parser of one of these words."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text!r} is not one of {', '.join(choices)}")
        return text

    return parse


def path(text: str) -> Path:
    """A path; a leading ``~`` is the home folder."""
    if not text.strip():
        raise ValueError("give a path")
    if "\0" in text or "\n" in text:
        raise ValueError("a path cannot hold a line break")
    return Path(text).expanduser()


def address(text: str) -> str:
    """An address or host name to bind; ``[::1]`` loses its brackets."""
    bare = text.strip().removeprefix("[").removesuffix("]")
    if not re.fullmatch(r"[A-Za-z0-9:._%-]+", bare):
        raise ValueError(f"{text!r} is not an address; write 127.0.0.1, 0.0.0.0 or ::")
    return bare


def address_and_port(text: str) -> str:
    """``ADDRESS:PORT``, an IPv6 address in brackets; :func:`parted` takes it apart."""
    head, _, port = text.strip().rpartition(":")
    if not head or (":" in head and not head.startswith("[")):
        raise ValueError(f"{text!r} is not an address with a port; write 127.0.0.1:9464")
    bare, number = address(head), whole(0, 65535)(port)
    return f"[{bare}]:{number}" if ":" in bare else f"{bare}:{number}"


def parted(address_and_port: str) -> tuple[str, int]:
    """Address and port out of what :func:`address_and_port` has read."""
    head, _, port = address_and_port.rpartition(":")
    return address(head), int(port)


def space(text: str) -> str:
    """The name of a space: it becomes part of every key in Redis."""
    if not _SPACE.fullmatch(text):
        raise ValueError(f"{text!r} is not a name of up to 32 small letters, digits and hyphens")
    return text


def host_names(text: str) -> tuple[str, ...]:
    """Host names separated by commas, in small letters and without a port."""
    names = tuple(name for part in text.split(",") if (name := part.strip().lower()))
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a host name; write chat.example.org, without a port")
    return names


def fetch_hosts(text: str) -> tuple[str, ...]:
    """Host names or addresses separated by commas, in small letters, each perhaps with a port."""
    hosts = tuple(name for part in text.split(",") if (name := part.strip().lower()))
    for host in hosts:
        if not _FETCH_HOST.fullmatch(host):
            raise ValueError(f"{host!r} is not a host; write wiki.intern or wiki.intern:8080")
    return hosts


def contact(text: str) -> str:
    """``mailto:ops@example.org``, or the address of a page."""
    if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+|https://[^\s]+", text):
        raise ValueError(f"{text!r} is no contact; write mailto:ops@example.org")
    return text


def origin(text: str) -> str:
    """``https://chat.example.org[:port]``, as a browser writes it in its Origin header."""
    parts = _url(text, "https://chat.example.org")
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{text!r} is not an origin; write https://chat.example.org")
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{text!r} has more than scheme, host and port; leave the rest out")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if not _HOST_NAME.fullmatch(host):
        raise ValueError(f"{text!r} is not an origin; write the name in its xn-- form")
    if parts.port is None or parts.port == _DEFAULT_PORTS[parts.scheme]:
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{parts.port}"


def redis_url(text: str) -> str:
    """A ``redis://``, ``rediss://`` or ``unix://`` URL. A wrong one is not repeated: passwords."""
    parts = _url(text, "redis://host:6379/0")
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("a Redis URL begins with redis://, rediss:// or unix://")
    if parts.scheme == "unix" and parts.path in ("", "/"):
        raise ValueError("write unix:///path/of/the/socket")
    if parts.scheme != "unix" and not parts.hostname:
        raise ValueError(f"the URL names no host; write {parts.scheme}://host:6379/0")
    if parts.scheme != "unix" and not re.fullmatch(r"(/[0-9]{0,5})?", parts.path):
        raise ValueError("what follows the host is the number of the database, such as /0")
    return text


def database_url(text: str) -> str:
    """The URL of a database, as far as it can be told here. A wrong one is not repeated:
    passwords."""
    if re.search(r"[\s\x00-\x1f]", text):
        raise ValueError("a URL holds no blanks")
    scheme, found, _ = text.partition("://")
    if not found or scheme.partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
        raise ValueError("a database URL begins with sqlite:/// or postgresql://")
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'port'?`` where a known word is near, else nothing."""
    import difflib  # needed on the way out only

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f"; did you mean {near[0]!r}?" if near else ""


def _url(text: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  (the property raises where the port is no number)
    except ValueError:
        raise ValueError(f"this is not a URL; write {example}") from None
    if re.search(r"[\s\x00-\x1f]", text):
        raise ValueError("a URL holds no blanks")
    return parts
