"""What a process has counted, in a file that outlives it: written here, read by `metrics_server`.

Each process takes the first file that no living process has (a lock tells, and the kernel ends it
with the process, however that ends) and goes on from the counters in it. So a counter does not go
back when a worker is killed, there are no more files than processes at one time, and how things
stood with a dead process is known to mean nothing.

``<role>-<n>.names`` has a line of JSON for each child of a figure, ``[kind, name, [label, ...],
[part, ...]]``; lines are only ever added. ``<role>-<n>.values`` has their numbers in the same
order, as doubles. They are written rather than mapped into memory: a full disk is an error then,
and not the end of the process.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tornchat.metric_kinds import AnyFigure, Child

logger = logging.getLogger(__name__)

PROCESS = "process"
"""Kind and name of a line that is no figure: the id of the process that writes."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of names says: which numbers these are."""

    kind: str
    name: str
    labels: tuple[str, ...]
    parts: list[str]

    def packed(self) -> bytes:
        return json.dumps([self.kind, self.name, self.labels, self.parts]).encode() + b"\n"


@dataclass(slots=True)
class _Kept:
    """Numbers that this process does not count: its id, and what another version had counted."""

    kept: list[float]

    def values(self) -> list[float]:
        return self.kept


class FigureFile:
    """The file of this process; ``role`` is ``worker`` or ``supervisor``."""

    def __init__(self, folder: Path, role: str, figures: Sequence[AnyFigure]) -> None:
        """Take over a file, or begin one. Raises `OSError`."""
        self._figures = {figure.name: figure for figure in figures}
        self._known: set[Child] = set()
        self._lines: list[Child | _Kept] = []
        self._trouble = False
        stem, self._values = _take(folder, role)
        self._names = os.open(f"{stem}.names", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._carry()
        self.write()

    def write(self) -> None:
        """Write down what has been counted by now. What goes wrong is logged, once."""
        try:
            self._name_what_is_new()
            numbers = array("d")
            for line in self._lines:
                numbers.extend(line.values())
            os.pwrite(self._values, numbers.tobytes(), 0)
        except OSError as wrong:
            if not self._trouble:
                logger.warning("the figures for /metrics cannot be written: %s", wrong.strerror)
            self._trouble = True
        else:
            self._trouble = False

    def close(self) -> None:
        """Write a last time, and leave the file to another process."""
        self.write()
        os.close(self._names)
        os.close(self._values)

    def _carry(self) -> None:
        """Go on from what is in the file."""
        whole, found = _contents(self._names, self._values)
        os.ftruncate(self._names, whole)
        for line, before in found:
            child = self._child(line)
            if child is None:
                stays = line.kind not in (PROCESS, "gauge")
                self._lines.append(_Kept(before if stays else [0.0] * len(before)))
            else:
                child.carry(before)
                self._known.add(child)
                self._lines.append(child)
        if not found:
            self._append([Line(PROCESS, PROCESS, (), [""])], [_Kept([0.0])])
        self._lines[0] = _Kept([float(os.getpid())])

    def _child(self, line: Line) -> Child | None:
        """The child that counts here what a line of the file is about, if any does."""
        figure = self._figures.get(line.name)
        if figure is None or figure.kind != line.kind:
            return None
        if len(figure.label_names) != len(line.labels):
            return None
        child: Child = figure.labels(*line.labels)
        return child if child.parts == line.parts and child not in self._known else None

    def _name_what_is_new(self) -> None:
        """Add lines for the children that have come since."""
        if sum(len(figure.children) for figure in self._figures.values()) == len(self._known):
            return
        new = [
            (Line(figure.kind, figure.name, labels, child.parts), child)
            for figure in self._figures.values()
            for labels, child in figure.children.items()
            if child not in self._known
        ]
        self._append([line for line, _ in new], [child for _, child in new])
        self._known.update(child for _, child in new)

    def _append(self, lines: Sequence[Line], children: Sequence[Child | _Kept]) -> None:
        size = os.fstat(self._names).st_size
        text = b"".join(line.packed() for line in lines)
        if os.write(self._names, text) < len(text):
            os.ftruncate(self._names, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._lines += children


@dataclass(frozen=True, slots=True)
class Counted:
    """What one process has counted. ``name`` is such as ``worker-0``; ``written`` is the unix time
    of its last writing."""

    name: str
    alive: bool
    pid: int
    written: float
    numbers: list[tuple[Line, list[float]]]


def read(folder: Path) -> Iterator[Counted]:
    """The files of all processes, also of those that have ended."""
    for path in sorted(folder.glob("*.values")):
        with suppress(FileNotFoundError), path.open("rb") as values:
            alive = not _is_free(values.fileno(), fcntl.LOCK_SH)
            with path.with_suffix(".names").open("rb") as names:
                _, found = _contents(names.fileno(), values.fileno())
            if found:
                (_, [pid]), *numbers = found
                written = os.fstat(values.fileno()).st_mtime
                yield Counted(path.stem, alive, int(pid), written, numbers)


def clear(folder: Path) -> None:
    """Forget what an earlier run of the server has counted. Raises `OSError`."""
    for ending in ("names", "values"):
        for path in folder.glob(f"*.{ending}"):
            path.unlink()


def _take(folder: Path, role: str) -> tuple[Path, int]:
    """The first file that is free, locked: its path without the ending, and its descriptor."""
    for number in count():
        stem = folder / f"{role}-{number}"
        values = os.open(f"{stem}.values", os.O_RDWR | os.O_CREAT, 0o600)
        if _is_free(values, fcntl.LOCK_EX):
            return stem, values
        os.close(values)
    raise AssertionError


def _is_free(file: int, how: int) -> bool:
    """Whether nobody else has the lock. We do then, until the file is closed."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _contents(names: int, values: int) -> tuple[int, list[tuple[Line, list[float]]]]:
    """The lines that are whole, with their numbers; and the size of their names in bytes.

    The names are read first: a process that is writing adds to them before it writes the numbers.
    """
    text = os.pread(names, os.fstat(names).st_size, 0)
    whole = text.rfind(b"\n") + 1
    data = os.pread(values, os.fstat(values).st_size, 0)
    numbers = array("d", data[: len(data) // 8 * 8]).tolist()
    found: list[tuple[Line, list[float]]] = []
    start = 0
    for packed in text[:whole].splitlines():
        kind, name, labels, parts = json.loads(packed)
        part = numbers[start : start + len(parts)]
        start += len(parts)
        part += [0.0] * (len(parts) - len(part))
        found.append((Line(kind, name, tuple(labels), parts), part))
    return whole, found
