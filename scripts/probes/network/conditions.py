"""What a network is like, in words and on the command line."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from probes.rig.children import CannotRun

LOOPBACK = "loopback"
_LINE = re.compile(r"delay ([\d.]+) ms jitter ([\d.]+) ms loss ([\d.]+) %")
_MOST_LOSS = 50.0


class Hops(StrEnum):
    """What speaks on the network: the client itself, or HAProxy for it with nginx before the
    server, over plain connections (which shows what these two cost), TLS, or HTTP/2 over TLS."""

    NONE = ""
    PLAIN = "proxies"
    TLS = "tls"
    H2 = "h2"


@dataclass(frozen=True, slots=True)
class Conditions:
    """``delay`` and ``jitter`` in milliseconds, each way: a segment takes the one, and up to the
    other more. ``loss``: percent of segments, each way."""

    delay: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    hops: Hops = Hops.NONE

    def __post_init__(self) -> None:
        """Raises `CannotRun` for numbers that make no sense."""
        if min(self.delay, self.jitter, self.loss) < 0 or self.loss > _MOST_LOSS:
            raise CannotRun(f"delay, jitter and loss are at least 0, and loss at most {_MOST_LOSS}")

    @classmethod
    def of(cls, words: str) -> Self:
        """The way back from ``str()``. Raises `CannotRun`."""
        delay = jitter = loss = 0.0
        hops = Hops.NONE
        for part in words.split(", "):
            line = _LINE.fullmatch(part)
            if line:
                delay, jitter, loss = map(float, line.groups())
            elif part and part in list(Hops):
                hops = Hops(part)
            elif part != LOOPBACK:
                raise CannotRun(f"{words!r} is no network: {part!r} means nothing")
        return cls(delay, jitter, loss, hops)

    @property
    def far(self) -> bool:
        """Whether the line is any worse than loopback."""
        return bool(self.delay or self.jitter or self.loss)

    def __str__(self) -> str:
        line = f"delay {self.delay:g} ms jitter {self.jitter:g} ms loss {self.loss:g} %"
        parts = [line] if self.far else []
        parts += [self.hops] if self.hops else []
        return ", ".join(parts) or LOOPBACK


def options(parser: argparse.ArgumentParser) -> None:
    """Add what describes a network; to be read by `given`."""
    group = parser.add_argument_group("the network between client and server")
    add = group.add_argument
    add("--delay", type=float, default=0.0, metavar="MS", help="one way, so twice for both (0)")
    add("--jitter", type=float, default=0.0, metavar="MS", help="up to so much more (0)")
    add("--loss", type=float, default=0.0, metavar="PERCENT", help="of segments, each way (0)")
    hops = group.add_mutually_exclusive_group()
    for name, about in (
        (Hops.TLS, "HAProxy speaks TLS for the client, to an nginx before the server"),
        (Hops.H2, "the same with HTTP/2 over TLS"),
        (Hops.PLAIN, "the same without TLS: what the two proxies cost"),
    ):
        hops.add_argument(
            f"--{name}",
            dest="hops",
            action="store_const",
            const=name,
            default=Hops.NONE,
            help=about,
        )


def given(args: argparse.Namespace) -> Conditions:
    """What was asked for. Raises `CannotRun` for numbers that make no sense."""
    return Conditions(args.delay, args.jitter, args.loss, args.hops or Hops.NONE)
