"""Starlette with sse-starlette on uvicorn, uvloop and httptools, as their manuals would have it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from probes.bench.peers import installing
from probes.bench.peers.base import Peer
from probes.bench.peers.body import Body
from probes.bench.target import MARKER_PATTERN, SseScan

_FOLDER = Path(__file__).parent / "servers"
_SERVER = _FOLDER / "starlette_app.py"
_REQUIREMENTS = _FOLDER / "sse-starlette.txt"
_VERSIONS = """\
import importlib.metadata, json, sys
print(json.dumps({name: importlib.metadata.version(name) for name in sys.argv[1:]}))
"""
_TOLD = ("sse-starlette", "starlette", "uvicorn", "uvloop", "httptools")


class SseStarlette(Peer):
    """It has an environment of its own, for what it needs is none of our business."""

    name = "sse-starlette"
    _python = ""

    def prepare(self) -> None:
        self._python = installing.python_with(_REQUIREMENTS)

    def command(self) -> Sequence[str]:
        return [
            *(self._python, str(_SERVER), "--port", str(self.port)),
            *("--redis", f"redis://127.0.0.1:{self.redis.port}"),
            *("--heartbeat", str(round(self.shape.heartbeat))),
        ]

    def versions(self) -> Mapping[str, str]:
        command = [self._python, "-c", _VERSIONS, *_TOLD]
        said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        return {**json.loads(said.stdout), **super().versions()}

    def _scan(self) -> SseScan:
        return SseScan(rb"data: " + MARKER_PATTERN, end=b"\r\n\r\n")


class SseStarletteBare(SseStarlette):
    """The same, with nothing but the text."""

    name = "sse-starlette-bare"
    body = Body.BARE
