"""What the page consists of, and its version: for the worker in the browser that keeps it."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from tornchat.wire.browser import to_json

WORKER = "service-worker.js"
_LEFT_OUT = {"admin", "lab", "__pycache__"}
"""Nobody needs these without a server."""
_LOOK_SECONDS = 1.0


class PageVersion:
    """Of the files in ``root``; noticed anew where one was edited."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._looked = 0.0
        self._seen: dict[Path, int] = {}
        self._name = ""

    @property
    def name(self) -> str:
        """Sixteen hexadecimal digits, the same on all nodes that have the same files."""
        now = time.monotonic()
        if not self._name or now - self._looked > _LOOK_SECONDS:
            self._looked = now
            seen = {path: path.stat().st_mtime_ns for path in self._files()}
            if seen != self._seen:
                self._seen = seen
                self._name = self._digest(seen)
        return self._name

    def worker(self) -> bytes:
        """The script, with what it is to keep before it."""
        version = self.name
        files = ["/", *(f"/{path.relative_to(self._root).as_posix()}" for path in self._seen)]
        kept = [file for file in files if not file.endswith((".png", "/index.html", WORKER))]
        head = (
            b"const VERSION = " + to_json(version) + b";\nconst FILES = " + to_json(kept) + b";\n"
        )
        return head + (self._root / WORKER).read_bytes()

    def _files(self) -> list[Path]:
        parts = sorted(self._root.rglob("*"))
        return [
            path
            for path in parts
            if path.is_file() and not _LEFT_OUT & set(path.relative_to(self._root).parts)
        ]

    def _digest(self, files: dict[Path, int]) -> str:
        digest = hashlib.sha256()
        for path in files:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(self._root)} {len(content)}\n".encode())
            digest.update(content)
        return digest.hexdigest()[:16]
