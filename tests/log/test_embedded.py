"""The embedded Redis: found, started on its own folder, and taken over after a crash."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import ROOT, command_line, until
from tornchat.domain.errors import RedisUnusable, Unusable
from tornchat.log import leftover
from tornchat.log.address import Address
from tornchat.log.binaries import Release, bundled, choose
from tornchat.log.blocking import Conversation
from tornchat.log.embedded import EmbeddedRedis
from tornchat.log.placement import LONGEST_SOCKET_PATH, socket_path

StartRedis = Callable[..., EmbeddedRedis]

REDIS_7 = Path(shutil.which("redis-server") or "")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartRedis]:
    """Start an embedded Redis on ``tmp_path`` that ends with the test."""
    started: list[EmbeddedRedis] = []

    def start_one(data: Path = tmp_path, binary: Path | None = None) -> EmbeddedRedis:
        redis = EmbeddedRedis(data, binary=binary)
        started.append(redis)
        redis.start()
        redis.wait_until_ready()
        return redis

    yield start_one
    for redis in started:
        if redis.process is not None and redis.process.poll() is None:
            redis.process.send_signal(signal.SIGCONT)
            redis.stop()


def ask(redis: EmbeddedRedis, *command: str) -> object:
    with Conversation(Address.of(redis.url), timeout=20) as conversation:
        return conversation.ask(*command)


def left_by_a_crash(data: Path) -> int:
    """Leave a running Redis on the folder, as a killed supervisor on macOS does; its pid."""
    redis = EmbeddedRedis(data)
    redis.start()
    redis.wait_until_ready()
    assert ask(redis, "SET", "name", "ada") == "OK"
    assert redis.process is not None
    os.close(redis._lock._file)  # the kernel does this when the supervisor is killed
    return redis.process.pid


def test_it_keeps_everything_and_listens_on_no_port(start: StartRedis) -> None:
    redis = start()
    wanted = {
        "port": "0",
        "appendonly": "yes",
        "appendfsync": "no",  # written at once, and synced by the workers
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    for name, value in wanted.items():
        assert ask(redis, "CONFIG", "GET", name) == [name, value]
    limits = str(ask(redis, "CONFIG", "GET", "client-output-buffer-limit"))
    assert "pubsub 33554432 8388608 60" in limits


def test_always_leaves_the_disk_to_redis(tmp_path: Path) -> None:
    redis = EmbeddedRedis(tmp_path / "always", fsync="always")
    try:
        redis.start()
        redis.wait_until_ready()
        assert ask(redis, "CONFIG", "GET", "appendfsync") == ["appendfsync", "always"]
        assert redis.to_sync is None
    finally:
        redis.stop()


def test_only_we_can_enter_its_folder(start: StartRedis) -> None:
    redis = start()
    assert redis.folder.stat().st_mode & 0o077 == 0
    assert redis.socket.stat().st_mode & 0o077 == 0


def test_what_it_answered_for_survives_a_kill(start: StartRedis) -> None:
    redis = start()
    assert ask(redis, "SET", "name", "ada") == "OK"
    assert redis.process is not None
    redis.process.kill()
    redis.process.wait()
    assert redis.exit_status() == -signal.SIGKILL
    redis.start()
    redis.wait_until_ready()
    assert ask(redis, "GET", "name") == "ada"


def test_two_never_run_on_one_folder(start: StartRedis, tmp_path: Path) -> None:
    start()
    with pytest.raises(Unusable, match=f"in use by process {os.getpid()}"):
        EmbeddedRedis(tmp_path)


def test_a_leftover_that_answers_is_told_to_shut_down(start: StartRedis, tmp_path: Path) -> None:
    old = left_by_a_crash(tmp_path)
    redis = start()
    assert not command_line(old)
    assert ask(redis, "GET", "name") == "ada"


def test_a_leftover_that_hangs_is_ended_by_its_pid(
    start: StartRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftover, "PATIENCE", 0.2)
    monkeypatch.setattr(leftover, "_ANSWER", 0.2)
    old = left_by_a_crash(tmp_path)
    os.kill(old, signal.SIGSTOP)
    redis = start()
    assert not command_line(old)
    assert ask(redis, "GET", "name") == "ada"


def test_a_process_that_only_got_the_pid_is_left_alone(start: StartRedis, tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        (tmp_path / "redis").mkdir(mode=0o700)
        (tmp_path / "redis" / "redis.pid").write_text(f"{stranger.pid}\n")
        start()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\n"
        "from tornchat.log.embedded import EmbeddedRedis\n"
        "redis = EmbeddedRedis(Path(sys.argv[1]))\nredis.start()\nredis.wait_until_ready()\n"
        "print(redis.process.pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        pid = int(parent.stdout.readline())
        assert "redis.conf" in command_line(pid)
        parent.kill()
    until(lambda: not command_line(pid), 60, "the end of the Redis of a killed parent")


def test_a_folder_with_a_long_path_gets_its_socket_elsewhere(
    start: StartRedis, tmp_path: Path
) -> None:
    data = tmp_path / ("deep" * 30) / 'with blanks and "quotes"'
    redis = start(data)
    assert len(os.fsencode(redis.socket)) <= LONGEST_SOCKET_PATH
    assert redis.socket.parent.stat().st_mode & 0o077 == 0
    assert ask(redis, "PING") == "PONG"
    redis.stop()
    redis.socket.parent.rmdir()


def test_a_socket_folder_that_others_can_enter_is_a_trap(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30)
    elsewhere = socket_path(folder).parent
    try:
        elsewhere.chmod(0o755)
        with pytest.raises(RedisUnusable, match="not a folder of ours alone"):
            socket_path(folder)
    finally:
        elsewhere.rmdir()


def test_a_damaged_log_is_said_with_what_to_do(start: StartRedis, tmp_path: Path) -> None:
    redis = start()
    for number in range(3):
        ask(redis, "SET", f"key{number}", "value")
    redis.stop()
    [log] = (tmp_path / "redis").glob("appendonlydir/*.incr.aof")
    log.write_bytes(log.read_bytes().replace(b"$3", b"$x", 1))
    with pytest.raises(RedisUnusable, match="redis-check-aof --fix") as caught:
        start()
    assert "\n" not in caught.value.detail


# -- which server


def test_the_server_in_the_wheel_is_found_and_starts(start: StartRedis) -> None:
    path = bundled()
    assert path is not None
    redis = start(binary=path)
    assert redis.binary.release.flavour == "Valkey"
    assert ask(redis, "PING") == "PONG"


def test_a_server_on_path_goes_before_the_one_in_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choose(None, None).path == REDIS_7
    monkeypatch.setenv("PATH", str(tmp_path))
    assert choose(None, None).path == bundled()


def test_a_server_that_is_too_old_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho Redis server v=5.0.14 sha=00000000:0 bits=64\n")
    old.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert choose(None, None).path == bundled()
    with pytest.raises(RedisUnusable, match=r"Redis 5\.0\.14 is too old"):
        choose(old, None)


@pytest.mark.parametrize("path", ["/nowhere/redis-server", "/bin/true", "/bin"])
def test_a_path_that_is_no_server_is_refused(path: str) -> None:
    with pytest.raises(RedisUnusable, match=f"--redis-server {path}"):
        choose(Path(path), None)


def test_one_that_can_read_what_is_stored_goes_before_one_that_cannot(
    start: StartRedis, tmp_path: Path
) -> None:
    first = start(binary=bundled())
    ask(first, "SET", "name", "ada")
    first.stop()
    second = start()
    assert second.binary.path == bundled()
    assert ask(second, "GET", "name") == "ada"
    second.stop()
    with pytest.raises(RedisUnusable, match=r"was written by Valkey .*, which Redis .* cannot"):
        start(binary=REDIS_7)


@pytest.mark.parametrize(
    ("reader", "writer", "sure"),
    [
        ("Redis 7.0.15", "Redis 7.0.11", True),
        ("Redis 7.0.11", "Redis 7.0.15", True),
        ("Redis 8.2.3", "Redis 7.0.15", True),
        ("Redis 7.0.15", "Redis 7.2.1", False),
        ("Valkey 9.1.2", "Redis 7.0.15", True),
        ("Valkey 9.1.2", "Redis 7.4.0", False),
        ("Redis 8.2.3", "Valkey 8.0.1", False),
    ],
)
def test_who_can_read_whose_log(reader: str, writer: str, sure: bool) -> None:
    reads, wrote = Release.of(reader), Release.of(writer)
    assert reads is not None
    assert wrote is not None
    assert reads.reads(wrote) is sure


def test_it_is_up_in_a_moment(start: StartRedis) -> None:
    took = []
    for _ in range(3):
        began = time.monotonic()
        redis = start()
        took.append(time.monotonic() - began)
        redis.stop()
    assert min(took) < 2
