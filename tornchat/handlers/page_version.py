"""What the page consists of, and its version: for the worker in the browser that keeps it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tornchat.wire.browser import to_json

WORKER = "service-worker.js"
_LEFT_OUT = {"admin", "lab", "__pycache__"}
"""Nobody needs these without a server."""
_LOOK_SECONDS = 1.0


class PageVersion:
    """Of the files in ``root``; noticed anew where one was edited, by `look`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._looked = 0.0
        self._seen: dict[str, int] = {}
        self._name = ""

    @property
    def name(self) -> str:
        """Sixteen hexadecimal digits, the same on all nodes that have the same files."""
        if not self._name:
            self._take(self._find())
        return self._name

    async def look(self) -> bool:
        """Looks for edited files, where nobody has for a second; not in the loop. Whether any
        was."""
        now = time.monotonic()
        if now - self._looked <= _LOOK_SECONDS:
            return False
        self._looked = now
        before = self._name
        self._take(await asyncio.get_running_loop().run_in_executor(None, self._find))
        return self._name != before

    def worker(self) -> bytes:
        """The script, with what it is to keep before it."""
        version = self.name
        files = ["/", *(f"/{path}" for path in self._seen)]
        kept = [file for file in files if not file.endswith((".png", "/index.html", WORKER))]
        head = (
            b"const VERSION = " + to_json(version) + b";\nconst FILES = " + to_json(kept) + b";\n"
        )
        return head + (self._root / WORKER).read_bytes()

    def _find(self) -> tuple[dict[str, int], str]:
        """All files with the times of their last change, and the name of that."""
        seen = dict(sorted(_files(self._root)))
        return seen, self._name if seen == self._seen else self._digest(seen)

    def _take(self, found: tuple[dict[str, int], str]) -> None:
        self._seen, self._name = found

    def _digest(self, files: dict[str, int]) -> str:
        digest = hashlib.sha256()
        for path in files:
            content = (self._root / path).read_bytes()
            digest.update(f"{path} {len(content)}\n".encode())
            digest.update(content)
        return digest.hexdigest()[:16]


def _files(folder: Path, before: str = "") -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in _LEFT_OUT:
                continue
            if entry.is_dir():
                yield from _files(Path(entry.path), f"{before}{entry.name}/")
            elif entry.is_file():
                yield before + entry.name, entry.stat().st_mtime_ns
