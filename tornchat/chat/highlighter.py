"""Has code coloured by a process of its own, and does without where that takes too long."""

from __future__ import annotations

import json
import logging
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import tornchat

logger = logging.getLogger(__name__)

LONGEST = 6_000
"""Characters of code in one message that are coloured."""
SECONDS = 0.5
"""An ordinary message takes a few milliseconds, the first of a language about fifty."""
START_SECONDS = 5
MOST_HTML = 64 * 1024
PAUSE = 2
"""Seconds between two starts: what makes the process take too long may be meant."""


class Highlighter:
    """Any thread may use it, one after the other. The process starts when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0
        self._closed = False

    def highlight(self, codes: Sequence[tuple[str, str]]) -> list[str] | None:
        """HTML, still to be sanitised, for each ``(language, code)``; None: show them plain.

        The languages are those of `code_languages`.
        """
        if not codes or sum(len(code) for _, code in codes) > LONGEST:
            return None
        with self._lock:
            try:
                htmls = self._ask(json.dumps(codes).encode() + b"\n")
            except (OSError, ValueError) as wrong:
                logger.warning("code is shown without colours: %s", wrong)
                self._end()
                return None
        return htmls if htmls and sum(map(len, htmls)) <= MOST_HTML else None

    def close(self) -> None:
        """From now on everything is plain. Does not wait for what runs."""
        self._closed = True
        self._end()

    def _ask(self, request: bytes) -> list[str] | None:
        process, seconds = self._process, SECONDS
        if process is None or process.poll() is not None:
            if self._closed or time.monotonic() < self._not_before:
                return None
            process, seconds = self._start(), START_SECONDS
        assert process.stdin is not None
        process.stdin.write(request)
        process.stdin.flush()
        answer = json.loads(_line_from(process, time.monotonic() + seconds))
        return [str(html) for html in answer]

    def _start(self) -> subprocess.Popen[bytes]:
        self._not_before = time.monotonic() + PAUSE
        package = str(Path(tornchat.__file__).parent.parent)
        path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tornchat.chat.highlighting"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _line_from(process: subprocess.Popen[bytes], end: float) -> bytes:
    """Raises `OSError` where it does not come in time."""
    assert process.stdout is not None
    got = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        while not got.endswith(b"\n"):
            if not waiting.select(max(0.0, end - time.monotonic())):
                raise OSError("it took too long")
            piece = os.read(process.stdout.fileno(), 1 << 16)
            if not piece:
                raise OSError("its process ended")
            got += piece
    return got
