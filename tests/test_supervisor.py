"""The supervisor: one command starts everything, replaces what dies and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.conftest import StartServer
from tests.faults.killing import kill_everything
from tests.people import Person
from tests.running import ROOT, RunningServer, command_line, until
from tornchat.log.address import Address
from tornchat.log.blocking import Conversation, RedisIsLoading
from tornchat.workers import Backoff

#: Root may write everywhere unless it gives that up.
AS_ANYBODY = (
    ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
    if os.getuid() == 0
    else []
)


def refusal(
    *options: str, environ: dict[str, str] | None = None, through: Sequence[str] = ()
) -> str:
    """Start a server that must not start; returns its one line."""
    ended = subprocess.run(
        [*through, sys.executable, ROOT / "server.py", "--port", "0", *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **(environ or {})},
    )
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    [line] = ended.stderr.splitlines()
    return line


def ask_redis(server: RunningServer, *command: str) -> object:
    address = Address.of_socket(server.data / "redis" / "redis.sock")
    with Conversation(address, timeout=20) as redis:
        return redis.ask(*command)


# -- it starts


def test_one_command_starts_everything_and_says_where(start_server: StartServer) -> None:
    server = start_server("--workers", "2", empty=True)
    assert server.answers()
    assert len(server.workers()) == 2
    assert f"is ready: http://localhost:{server.port}\n" in server.output
    for told in ("embedded (/", str(server.data), "sqlite:///", "first account"):
        assert told in server.output
    assert server.data.stat().st_mode & 0o077 == 0


def test_the_public_address_is_told_where_there_is_one(start_server: StartServer) -> None:
    server = start_server("--origin", "https://chat.example.org")
    assert "is ready: https://chat.example.org\n" in server.output


def test_settings_come_from_the_environment_and_a_file_too(
    start_server: StartServer, tmp_path: Path
) -> None:
    file = tmp_path / "chat.toml"
    file.write_text("workers = 2\n")
    server = start_server(environ={"TORNCHAT_CONFIG": str(file)})
    until(lambda: len(server.workers()) == 2, 60, "two workers")


def test_a_redis_of_ones_own_is_used_and_left_running(
    start_server: StartServer, tmp_path: Path
) -> None:
    first = start_server(data=tmp_path / "first")
    url = f"unix://{first.data}/redis/redis.sock"
    second = start_server("--redis", url, "--space", "second", data=tmp_path / "second")
    assert second.answers()
    assert not (second.data / "redis").exists()
    assert second.stop() == 0
    assert ask_redis(first, "PING") == "PONG"


# -- it refuses, in one line


def test_a_second_server_on_one_folder_is_refused(start_server: StartServer) -> None:
    first = start_server()
    line = refusal("--data", str(first.data))
    assert f"in use by process {first.process.pid}" in line
    assert first.answers()


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        assert f"port {port} on 127.0.0.1 is taken" in refusal(
            "--port", port, "--data", f"{tmp_path}/var"
        )


def test_an_address_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    line = refusal("--address", "192.0.2.1", "--data", str(tmp_path / "var"))
    assert "does not have that address" in line


@pytest.mark.parametrize("data", ["/proc/tornchat", "/dev/null", "/dev/null/var"])
def test_a_folder_that_cannot_be_written_is_refused(data: str) -> None:
    assert data in refusal("--data", data)


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot write" in refusal("--data", str(tmp_path), through=AS_ANYBODY)


def test_a_redis_that_cannot_be_reached_is_refused(tmp_path: Path) -> None:
    line = refusal("--redis", "redis://:s3cret@127.0.0.1:1/0", "--data", str(tmp_path / "var"))
    assert "127.0.0.1:1 cannot be reached" in line
    assert "s3cret" not in line


def test_a_database_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chat.db").write_text("this is not a database" * 100)
    line = refusal("--database", f"sqlite:///{tmp_path}/chat.db", "--data", str(tmp_path / "var"))
    assert line.startswith("tornchat: ")
    assert not list((tmp_path / "var" / "redis").glob("redis.sock"))


def test_a_worker_that_gives_up_before_it_is_ready_ends_the_server(tmp_path: Path) -> None:
    # Python runs this in every process with it on its path, before anything else.
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'tornchat.app' in sys.orig_argv:\n"
        "    sys.stdin.readline()\n"
        "    print('the worker says why', file=sys.stderr, flush=True)\n"
        "    os._exit(2)\n"
    )
    line = refusal("--data", f"{tmp_path}/var", environ={"PYTHONPATH": str(tmp_path)})
    assert line == "the worker says why"


# -- it goes on


def test_a_worker_that_dies_is_replaced(start_server: StartServer) -> None:
    server = start_server("--workers", "2")
    until(lambda: len(server.workers()) == 2, 60, "two workers")
    for number in (signal.SIGKILL, signal.SIGTERM):
        victim = server.workers()[0]
        os.kill(victim, number)
        until(
            lambda victim=victim: len(set(server.workers()) - {victim}) == 2,  # type: ignore[misc]
            20,
            "a worker in the place of the dead one",
        )
    until(server.answers, 60, "an answer")
    assert "was ended by SIGKILL; replacing it at once" in server.errors


def test_a_worker_that_was_told_to_leave_is_replaced_before_it_has_left(
    start_server: StartServer,
) -> None:
    server = start_server("--drain", "600")
    [worker] = server.workers()
    follower = Person(server, "ana").sign_up().follow()
    os.kill(worker, signal.SIGTERM)
    until(lambda: len(server.workers()) == 2, 60, "another worker")
    until(server.answers, 60, "an answer")
    assert server.workers()[0] == worker
    assert f"(process {worker}) is leaving; replacing it." in server.errors
    follower.leave()


def test_a_redis_that_dies_is_started_again_with_its_data(start_server: StartServer) -> None:
    server = start_server()
    assert ask_redis(server, "SET", "name", "ada") == "OK"
    killed = server.redis()
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in _redis_of(server), 60, "the end of Redis")
    until(lambda: _redis_of(server), 60, "another Redis")

    def remembers() -> bool:
        try:
            return ask_redis(server, "GET", "name") == "ada"
        except (OSError, RedisIsLoading):
            return False

    until(remembers, 60, "what Redis was told before")
    until(server.answers, 60, "an answer")


def _redis_of(server: RunningServer) -> list[int]:
    try:
        return [server.redis()]
    except ValueError:
        return []


def test_one_that_dies_again_and_again_is_started_more_and_more_slowly() -> None:
    backoff = Backoff()
    assert [backoff.after(1) for _ in range(8)] == [0, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]
    assert backoff.after(60) == 0
    assert [backoff.after(1) for _ in range(2)] == [0, 0.2]


# -- it ends


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_everything_in_order(
    start_server: StartServer, number: signal.Signals
) -> None:
    server = start_server("--workers", "2")
    processes = [*server.workers(), server.redis()]
    assert server.stop(number) == 0
    assert not [pid for pid in processes if command_line(pid)]
    assert not (server.data / "redis" / "redis.sock").exists()
    when = rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d {server.process.pid} "
    said = f"{when}Draining: all streams move within 20 s.\n" if number == signal.SIGTERM else ""
    assert re.fullmatch(said, server.errors)


def test_a_second_interrupt_hurries(start_server: StartServer) -> None:
    server = start_server()
    [worker] = server.workers()
    os.kill(worker, signal.SIGSTOP)
    server.process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        server.process.wait(0.5)
    assert server.stop(signal.SIGINT) == 0
    assert not command_line(worker)


def test_a_second_sigterm_does_not_wait_for_the_drain_and_in_between_nothing_is_reloaded(
    start_server: StartServer,
) -> None:
    server = start_server("--drain", "600")
    follower = Person(server, "ana").sign_up().follow()
    server.process.send_signal(signal.SIGTERM)
    until(lambda: "Draining" in server.errors, 60, "the drain")  # two at once are one
    server.process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0
    assert "Reloading" not in server.errors
    follower.leave()


def test_a_server_that_ends_refuses_connections_though_a_worker_is_stopped(
    start_server: StartServer,
) -> None:
    server = start_server("--workers", "2")
    until(lambda: len(server.workers()) == 2, 60, "two workers")
    os.kill(server.workers()[0], signal.SIGSTOP)
    server.process.send_signal(signal.SIGTERM)

    def refused() -> bool:
        try:
            socket.create_connection(("127.0.0.1", server.port), 5).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            pass  # it was in the queue when that was closed
        return False

    until(refused, 60, "a refusal")
    server.process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert server.stop(signal.SIGINT) == 0


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal: ours, and that of the programs in it."""
    ends = os.openpty()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def test_a_closed_terminal_ends_the_server_in_order(
    tmp_path: Path, terminal: tuple[int, int]
) -> None:
    ours, theirs = terminal
    server = RunningServer(tmp_path / "var", through=["setsid", "--ctty"], stdin=theirs)
    server.until_ready()
    processes = [*server.workers(), server.redis()]
    os.close(ours)
    assert server.process.wait(60) == 0
    assert "The terminal was closed." in server.errors
    assert not [pid for pid in processes if command_line(pid)]


def test_under_nohup_it_outlives_the_terminal_and_still_reloads(
    tmp_path: Path, terminal: tuple[int, int]
) -> None:
    ours, theirs = terminal
    server = RunningServer(tmp_path / "var", through=["setsid", "--ctty", "nohup"], stdin=theirs)
    try:
        workers = server.until_ready().workers()
        os.close(ours)
        until(lambda: "going on without it" in server.errors, 60, "a word about the terminal")
        assert server.answers()
        assert server.workers() == workers
        server.reload()
        assert not set(server.workers()[-1:]) & set(workers)
    finally:
        assert server.stop() == 0


def test_a_killed_server_leaves_nothing_and_can_start_again_on_its_port(
    start_server: StartServer,
) -> None:
    server = start_server("--workers", "2")
    assert ask_redis(server, "SET", "name", "ada") == "OK"
    processes = [*server.workers(), server.redis()]
    server.kill()
    again = start_server("--workers", "2", port=server.port)
    assert again.port == server.port
    assert again.answers()
    assert ask_redis(again, "GET", "name") == "ada"
    until(
        lambda: not [pid for pid in processes if command_line(pid)], 60, "the end of the old ones"
    )


def test_everything_killed_at_once_comes_back_with_its_data(start_server: StartServer) -> None:
    server = start_server("--workers", "2")
    assert ask_redis(server, "SET", "name", "ada") == "OK"
    kill_everything(server)
    again = start_server("--workers", "2", port=server.port)
    assert ask_redis(again, "GET", "name") == "ada"
