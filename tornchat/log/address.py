"""Where a Redis is: its URL, read once for every kind of connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

if TYPE_CHECKING:
    import ssl

_REDIS_PORT = 6379


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Redis is and how to sign in there."""

    host: str = ""
    port: int = _REDIS_PORT
    unix_path: str = ""
    database: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    verify: bool = True
    authorities: str = ""

    @classmethod
    def of(cls, url: str) -> Self:
        """The address of a ``redis://``, ``rediss://`` or ``unix://`` URL, checked by settings.

        The query may hold ``db``, and for TLS ``ssl_cert_reqs=none`` and ``ssl_ca_certs=PATH``.
        """
        parts = urlsplit(url)
        query = {name: texts[-1] for name, texts in parse_qs(parts.query).items()}
        local = parts.scheme == "unix"
        database = query.get("db") or ("" if local else parts.path.strip("/"))
        return cls(
            host=parts.hostname or "",
            port=parts.port or _REDIS_PORT,
            unix_path=unquote(parts.path) if local else "",
            database=int(database) if database.isdecimal() else 0,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=parts.scheme == "rediss",
            verify=query.get("ssl_cert_reqs") != "none",
            authorities=query.get("ssl_ca_certs", ""),
        )

    def tls_context(self) -> ssl.SSLContext:
        """What a ``rediss://`` connection is made with. Raises ``OSError`` for a bad CA file."""
        import ssl  # 40 ms that only rediss:// pays

        context = ssl.create_default_context(cafile=self.authorities or None)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    @classmethod
    def of_socket(cls, path: Path) -> Self:
        """The address of a Redis on a unix socket."""
        return cls(unix_path=str(path))


def socket_url(path: Path) -> str:
    """The URL of a Redis on a unix socket."""
    return f"unix://{quote(str(path))}"
