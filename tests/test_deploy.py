"""docs/deploy, for real: nginx, HAProxy and Caddy from the files there in front of two nodes."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from probes.postgres import PostgresServer

from tests.faults.own_redis import OwnRedis
from tests.proxies import DEPLOY, NAME, Browser, Proxy
from tests.running import RunningServer, until
from tornchat import crew, settings
from tornchat.log.keys import Keys


class Nodes:
    """Two nodes, each of which may be killed and started again on its port."""

    def __init__(self, folder: Path, postgres: PostgresServer, redis: OwnRedis) -> None:
        postgres.sql("CREATE DATABASE deployed", "postgres")
        self._folder = folder
        self.redis = redis
        self._shared = ["--redis", redis.url, "--database", postgres.url_of("deployed")]
        self._shared += ["--origin", f"https://{NAME}", "--heartbeat", "1", "--drain", "1"]
        self._shared += ["--secret-file", str(folder / "secret")]
        (folder / "secret").write_text("0123456789abcdef" * 4)
        (folder / "secret").chmod(0o600)
        self.running = [self._start(number) for number in range(2)]

    @property
    def ports(self) -> tuple[int, int]:
        return self.running[0].port, self.running[1].port

    def kill_the_one_of(self, worker: str) -> None:
        """Kill the node that serves a stream, by the name of its worker."""
        [victim] = [
            node for node in self.running if any(str(pid) in worker for pid in node.workers())
        ]
        workers = victim.workers()
        victim.kill()
        until(lambda: not set(workers) & set(victim.workers()), 60, "its workers to end")

    def start_again(self) -> None:
        for number, node in enumerate(self.running):
            if node.process.poll() is not None:
                self.running[number] = self._start(number, node.port)

    def stop(self) -> None:
        for node in self.running:
            node.stop()

    def _start(self, number: int, port: int = 0) -> RunningServer:
        data = self._folder / f"node{number}"
        return RunningServer(data, *self._shared, port=port).until_ready()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What docs/deploy/make-certificate makes."""
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run(
        [DEPLOY / "make-certificate", folder, NAME, "192.168.1.20"], check=True, capture_output=True
    )
    return folder


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Nodes]:
    folder = tmp_path_factory.mktemp("nodes")
    redis = OwnRedis(folder / "redis")
    both = Nodes(folder, postgres, redis)
    yield both
    both.stop()
    redis.kill()


@pytest.fixture(scope="module", params=["nginx", "haproxy", "caddy"])
def proxy(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    certificates: Path,
    nodes: Nodes,
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp(request.param)
    folder.chmod(0o755)
    proxy = Proxy(request.param, folder, certificates, nodes.ports)
    yield proxy.start()
    proxy.stop()


def test_a_message_comes_at_once_and_a_killed_node_loses_none(proxy: Proxy, nodes: Nodes) -> None:
    ana, budi = (Browser(proxy, f"{name}-{proxy.kind}").sign_up() for name in ("ana", "budi"))
    stream = budi.follow()
    # The stream stays open: what is buffered on the way does not come.
    said = [ana.say(f"through {proxy.kind} {number}") for number in range(3)]
    until(lambda: stream.ids == said, 60, "three messages through the proxy")
    nodes.kill_the_one_of(stream.hellos[0]["worker"])
    said += [ana.say(f"through {proxy.kind} {number}") for number in range(3, 10)]
    until(lambda: stream.ids == said, 60, "the rest from the other node")
    assert not any(hello["reset"] for hello in stream.hellos)
    assert len({hello["worker"] for hello in stream.hellos}) >= 2
    nodes.start_again()
    assert Browser(proxy, ana.name).sign_in().room == ana.room


def test_a_web_socket_passes(proxy: Proxy) -> None:
    citra = Browser(proxy, f"citra-{proxy.kind}").sign_up()
    events = citra.web_socket()
    assert next(events)["kind"] == "hello"
    said = citra.say("through the socket")
    assert any(event["id"] == said for event in events if event["kind"] == "message")


def test_a_made_up_address_does_not_get_past_the_proxy(proxy: Proxy, nodes: Nodes) -> None:
    """Strangers are limited by the address that the proxy has seen, the last one of the header."""
    nodes.redis.ask("DEL", *counted(nodes), "nothing")
    Browser(proxy).ask(
        "POST",
        "/api/session",
        json={"username": "nobody", "password": "wrong horse battery"},
        headers={"X-Forwarded-For": "203.0.113.7"},
    )
    assert counted(nodes)
    assert all(key.endswith(":127.0.0.1") for key in counted(nodes))


def counted(nodes: Nodes) -> list[str]:
    """The limits for those who sign in."""
    keys: list[str] = nodes.redis.ask("KEYS", Keys().rate("signin:*"))
    return keys


def test_the_unit_gives_the_server_more_time_than_it_takes() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(re.sub(r"(?m)^#.*", "", (DEPLOY / "tornchat.service").read_text()))
    service = unit["Service"]
    assert int(service["TimeoutStopSec"].removesuffix("s")) > crew.GRACE_SECONDS + 20
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert int(service["LimitNOFILE"]) >= 65536
    words = shlex.split(service["ExecStart"])
    toml = (DEPLOY / "tornchat.toml").read_text()
    given = settings.load(words[words.index("serve") + 1 :], {}, lambda path: toml)
    assert given.origin == f"https://{NAME}"
    assert given.secret_file == Path("/etc/tornchat/secret")
    assert given.port == 8888
