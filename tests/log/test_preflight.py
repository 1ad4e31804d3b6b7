"""Preflight: a Redis that would lose messages is refused before anybody relies on it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.running import until
from tornchat.domain.errors import RedisUnusable
from tornchat.log.address import Address, socket_url
from tornchat.log.blocking import Conversation
from tornchat.log.preflight import check

StartForeign = Callable[..., str]


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[StartForeign]:
    """Start a Redis with options of its own, as an operator might; returns its URL."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> str:
        path = tmp_path / "foreign.sock"
        server = shutil.which("redis-server")
        assert server is not None
        command = [server, "--port", "0", "--unixsocket", str(path), "--dir", str(tmp_path)]
        running.append(subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL))
        until(lambda: listens(path), 60, "a Redis")
        return socket_url(path)

    yield start
    for process in running:
        process.terminate()
        process.wait(60)


def listens(path: Path) -> bool:
    """The socket's file is there a moment before somebody listens on it."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def refusal(url: str) -> str:
    with pytest.raises(RedisUnusable) as caught:
        check(url)
    assert "\n" not in caught.value.detail
    return caught.value.detail


def test_a_redis_that_keeps_its_data_is_fit(foreign: StartForeign) -> None:
    facts = check(foreign("--appendonly", "yes"))
    assert facts.flavour in ("Redis", "Valkey")
    assert facts.version
    assert len(facts.run_id) == 40
    assert facts.warnings == ()


def test_a_redis_that_evicts_is_refused(foreign: StartForeign) -> None:
    url = foreign("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    assert "noeviction" in refusal(url)


def test_a_policy_without_a_limit_evicts_nothing(foreign: StartForeign) -> None:
    url = foreign("--maxmemory", "0", "--maxmemory-policy", "allkeys-lru", "--appendonly", "yes")
    assert check(url).warnings == ()


def test_a_redis_that_forgets_when_it_restarts_is_used_with_a_warning(
    foreign: StartForeign,
) -> None:
    [warning] = check(foreign("--appendonly", "no")).warnings
    assert "appendonly yes" in warning


def test_a_replica_is_refused(foreign: StartForeign) -> None:
    assert "replica" in refusal(foreign("--replicaof", "127.0.0.1 1"))


def test_a_password_is_asked_for_and_never_shown(foreign: StartForeign) -> None:
    url = foreign("--requirepass", "s3cret", "--appendonly", "yes")
    assert "Authentication required" in refusal(url)
    wrong = refusal(url.replace("unix://", "unix://:wr0ng@"))
    assert "invalid username-password pair" in wrong
    assert "wr0ng" not in wrong
    assert check(url.replace("unix://", "unix://:s3cret@")).version


def test_an_unreachable_redis_is_named() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    assert refusal(f"redis://:s3cret@127.0.0.1:{port}/0") == (
        f"Redis at 127.0.0.1:{port} cannot be reached: Connection refused"
    )


def test_a_redis_that_says_nothing_is_given_up_after_two_seconds() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        assert "does not answer within 2 s" in refusal(url)


def test_what_is_not_redis_is_told_apart() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert "is not Redis" in refusal(f"redis://127.0.0.1:{server.getsockname()[1]}")
        thread.join()


def test_another_database_can_be_chosen(foreign: StartForeign) -> None:
    url = foreign()
    with Conversation(Address.of(f"{url}?db=3"), timeout=20) as redis:
        redis.ask("SET", "here", "3")
    with Conversation(Address.of(url), timeout=20) as redis:
        assert redis.ask("GET", "here") is None


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://host", Address(host="host")),
        ("redis://host:7000/2", Address(host="host", port=7000, database=2)),
        (
            "rediss://me:p%40ss@host?ssl_cert_reqs=none",
            Address(host="host", user="me", password="p@ss", tls=True, verify=False),
        ),
        ("unix:///a%20b.sock?db=1", Address(unix_path="/a b.sock", database=1)),
    ],
)
def test_a_url_becomes_an_address(url: str, address: Address) -> None:
    assert Address.of(url) == address
    assert address.password not in repr(address) or not address.password
