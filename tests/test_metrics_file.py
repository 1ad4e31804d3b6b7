"""The files that figures are written into: what one process leaves, another goes on from."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tornchat import metrics_file
from tornchat.metric_kinds import MOST_CHILDREN, AnyFigure, Counter, Gauge, Histogram
from tornchat.metrics_file import FigureFile
from tornchat.metrics_server import Figures


class Version:
    """The figures of one process, as one version of the code has them."""

    def __init__(self, *bounds: float) -> None:
        self.posts = Counter("posts_total", "Posts.", {"of": ("ana", "budi")})
        self.open = Gauge("open", "Streams.")
        self.took = Histogram("took_seconds", "Times.", bounds or (0.1, 1.0))
        self.figures: tuple[AnyFigure, ...] = (self.posts, self.open, self.took)


def told(folder: Path) -> dict[tuple[str, tuple[str, ...]], list[float]]:
    """Name and labels -> the numbers of all files, one after the other."""
    found: dict[tuple[str, tuple[str, ...]], list[float]] = {}
    for counted in metrics_file.read(folder):
        for line, numbers in counted.numbers:
            found.setdefault((line.name, line.labels), []).extend(numbers)
    return found


def work(folder: Path, version: Version, posts: float = 0, streams: float = 0) -> FigureFile:
    """A process that has done so much."""
    file = FigureFile(folder, "worker", version.figures)
    version.posts.labels("ana").inc(posts)
    version.open.set(streams)
    file.write()
    return file


def test_processes_at_the_same_time_have_a_file_each(tmp_path: Path) -> None:
    files = [work(tmp_path, Version(), posts=n) for n in (1, 2, 3)]
    assert [(c.name, c.alive, c.pid) for c in metrics_file.read(tmp_path)] == [
        (f"worker-{n}", True, os.getpid()) for n in range(3)
    ]
    assert told(tmp_path)["posts_total", ("ana",)] == [1, 2, 3]
    for file in files:
        file.close()
    assert not any(counted.alive for counted in metrics_file.read(tmp_path))


def test_a_process_goes_on_from_the_counters_of_a_dead_one_and_not_from_its_gauges(
    tmp_path: Path,
) -> None:
    for life in range(1, 6):
        version = Version()
        file = work(tmp_path, version, posts=10)
        version.took.observe(0.5)
        assert told(tmp_path)["open", ()] == [0]
        version.open.set(7)
        file.write()
        assert told(tmp_path)["posts_total", ("ana",)] == [10 * life]
        file.close()
        assert told(tmp_path)["took_seconds", ()] == [0, life, 0, life / 2]
    assert len(list(tmp_path.iterdir())) == 2


def test_labels_that_come_up_later_are_kept_as_well(tmp_path: Path) -> None:
    for _ in range(2):
        version = Version()
        file = work(tmp_path, version)
        version.posts.labels("citra").inc()
        file.close()
    assert told(tmp_path)["posts_total", ("citra",)] == [2]


def test_what_another_version_had_counted_stays_as_it_is(tmp_path: Path) -> None:
    """A rolling reload may bring new code, and with it other figures."""
    old, new = Version(0.1, 1.0), Version(0.1, 0.5)
    old.took.observe(0.3)
    work(tmp_path, old, posts=5).close()
    new.figures = (new.posts, new.took, Counter("more_total", "More."))
    file = FigureFile(tmp_path, "worker", new.figures)
    new.took.observe(0.3)
    file.close()
    [counted] = metrics_file.read(tmp_path)
    took = [
        dict(zip(line.parts, numbers, strict=True))
        for line, numbers in counted.numbers
        if line.name == "took_seconds"
    ]
    assert took == [
        {"0.1": 0, "1.0": 1, "+Inf": 0, "sum": 0.3},
        {"0.1": 0, "0.5": 1, "+Inf": 0, "sum": 0.3},
    ]
    assert told(tmp_path)["posts_total", ("ana",)] == [5]
    assert told(tmp_path)["more_total", ()] == [0]


@pytest.mark.parametrize("lost", [1, 20, 100])
def test_a_process_that_died_while_it_wrote_leaves_nothing_wrong(tmp_path: Path, lost: int) -> None:
    work(tmp_path, Version(), posts=5).close()
    for path in tmp_path.iterdir():
        os.truncate(path, path.stat().st_size - (lost if path.suffix == ".names" else 0))
    list(metrics_file.read(tmp_path))
    work(tmp_path, Version(), posts=5).close()
    assert told(tmp_path)["posts_total", ("ana",)] == [10]


def test_a_file_that_has_just_been_made_is_no_process_yet(tmp_path: Path) -> None:
    (tmp_path / "worker-0.values").touch()
    assert list(metrics_file.read(tmp_path)) == []
    (tmp_path / "worker-0.names").touch()
    assert list(metrics_file.read(tmp_path)) == []


@contextmanager
def disk_that_is_full_after(size: int) -> Iterator[None]:
    """No file may be longer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_survived(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    version = Version()
    file = work(tmp_path, version, posts=1)
    version.posts.labels("citra").inc()
    with disk_that_is_full_after((tmp_path / "worker-0.names").stat().st_size + 10):
        file.write()
        file.write()
    assert len(caplog.records) == 1
    assert told(tmp_path)["posts_total", ("ana",)] == [1]
    file.write()
    assert told(tmp_path)["posts_total", ("citra",)] == [1]
    file.close()


def test_a_killed_process_is_known_to_be_dead_at_once(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, tests.test_metrics_file as t\n"
        "file = t.work(pathlib.Path(sys.argv[1]), t.Version(), posts=3, streams=4)\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        [counted] = metrics_file.read(tmp_path)
        assert (counted.alive, counted.pid) == (True, process.pid)
        process.kill()
        process.wait()
        [counted] = metrics_file.read(tmp_path)
        assert not counted.alive
    work(tmp_path, Version(), posts=1).close()
    assert told(tmp_path)["posts_total", ("ana",)] == [4]


def test_a_worker_that_does_not_write_is_silent(tmp_path: Path) -> None:
    file = work(tmp_path, Version())
    os.utime(tmp_path / "worker-0.values", (0, time.time() - 60))
    [silent] = [
        sample.value
        for family in Figures(tmp_path).collect()
        for sample in family.samples
        if sample.name == "tornchat_process_silent_seconds"
    ]
    assert 60 <= silent < 90
    file.close()


def test_labels_without_end_become_one() -> None:
    posts = Counter("posts_total", "Posts.", {"of": ()})
    for number in range(MOST_CHILDREN + 50):
        posts.labels(str(number)).inc()
    assert len(posts.children) == MOST_CHILDREN + 1
    assert posts.labels("other").value == 50


def test_a_bound_belongs_to_its_bucket_and_less_than_nothing_is_nothing() -> None:
    took = Version().took.labels()
    for value in (-1, 0.1, 0.100001, 1.0, 50):
        took.observe(value)
    assert took.values() == pytest.approx([2, 2, 1, 51.200001])
