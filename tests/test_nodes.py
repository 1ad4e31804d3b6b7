"""Nodes on one PostgreSQL and one Redis, and those that are refused because theirs differ."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from probes.postgres import PostgresServer

from tests.faults.own_redis import OwnRedis
from tests.people import PASSWORD, Person
from tests.redis_server import RedisServer
from tests.running import ROOT, RunningServer, until
from tornchat import nodes
from tornchat.archive import migrate
from tornchat.domain.errors import Unusable
from tornchat.log.keys import Keys
from tornchat.settings import Settings

# -- a pair of nodes, for real


@dataclass(slots=True)
class Pair:
    """Two nodes with what they share."""

    postgres: PostgresServer
    redis: OwnRedis
    one: RunningServer
    other: RunningServer

    def command(self, *words: str, said: str = "") -> str:
        """What a command of the shell prints, with the settings of the nodes."""
        shared = ["--redis", self.redis.url, "--database", self.postgres.url]
        done = subprocess.run(
            [sys.executable, ROOT / "server.py", *words, "--data", self.one.data, *shared],
            input=said,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    postgres, redis = PostgresServer(folder), OwnRedis(folder / "redis")
    postgres.start()
    shared = ["--redis", redis.url, "--database", postgres.url, "--heartbeat", "1", "--drain", "1"]
    one = RunningServer(folder / "one", *shared).until_ready()
    shared += ["--secret-file", str(folder / "one" / "secret")]
    other = RunningServer(folder / "other", *shared).until_ready()
    yield Pair(postgres, redis, one, other)
    for node in (one, other):
        node.stop()
    redis.kill()
    postgres.remove()


def readiness(server: RunningServer) -> tuple[int, str]:
    answer = httpx.get(f"{server.url}/readyz", timeout=60)
    return answer.status_code, answer.json()["database"]


def test_people_on_two_nodes_talk_and_the_chat_goes_on_while_postgresql_is_killed(
    pair: Pair,
) -> None:
    ana, budi = Person(pair.one, "ana").sign_up(), Person(pair.other, "budi").sign_up()
    follower = budi.follow()
    said = [ana.say(f"before {number}") for number in range(5)]
    pair.postgres.kill()
    said += [ana.say(f"during {number}") for number in range(5)]
    until(lambda: readiness(pair.one) == (200, "away"), 60, "a node that misses its database")
    until(lambda: readiness(pair.other) == (200, "away"), 60, "the other one, too")
    refused = Person(pair.one, "citra").http.post(
        "/api/session", json={"username": "budi", "password": PASSWORD}
    )
    assert (refused.status_code, refused.json()["code"]) == (503, "database_away")
    pair.postgres.start()
    said += [ana.say(f"after {number}") for number in range(5)]
    for node in (pair.one, pair.other):
        until(lambda node=node: readiness(node) == (200, "ok"), 60, "the database")  # type: ignore[misc]
    got = follower.wait_for(len(said))
    assert [message["id"] for message in got] == said
    follower.assert_in_order()
    queue = Keys().queue
    until(lambda: pair.redis.ask("XLEN", queue) == 0, 60, "the archive to catch up")
    rows = pair.postgres.sql("SELECT id FROM messages ORDER BY id").split()
    assert [int(row) for row in rows] == said
    assert [message["id"] for message in Person(pair.other, "ana").sign_in().history()] == said
    assert "tornchat:not a secret" not in pair.one.output + pair.one.errors + pair.other.errors


def test_a_redis_emptied_while_they_run_is_signed_again(pair: Pair) -> None:
    key = Keys().installation
    id = pair.redis.ask("GET", key)
    pair.redis.ask("FLUSHALL")
    until(lambda: pair.redis.ask("GET", key) == id, 60, "the id of the database")


def test_commands_of_the_shell_reach_all_nodes(pair: Pair) -> None:
    pair.command("user", "add", "dewi", "--password-stdin", said=PASSWORD + "\n")
    dewi = Person(pair.other, "dewi").sign_in()
    follower = dewi.follow()
    pair.command("user", "disable", "dewi")
    follower.wait(lambda: follower.statuses[-1] == 401, "401 on the other node")


def test_a_node_with_a_secret_of_its_own_does_not_start(pair: Pair, tmp_path: Path) -> None:
    refused = RunningServer(
        tmp_path / "third", "--redis", pair.redis.url, "--database", pair.postgres.url
    )
    assert refused.process.wait(60) == 2
    [line] = refused.errors.splitlines()
    assert "the secret of this node is another" in line
    assert "--secret-file" in line


def test_a_database_is_not_adopted_while_a_server_runs(pair: Pair) -> None:
    with pytest.raises(Unusable, match="stop it first"):
        nodes.adopt(Settings(data=pair.one.data, database=pair.postgres.url))


# -- what belongs together, asked as the supervisor asks


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def node(tmp_path: Path, redis: RedisServer) -> Settings:
    """A node on a new database and an empty Redis."""
    redis.ask("FLUSHALL")
    data = tmp_path / "one"
    data.mkdir()
    return Settings(data=data, redis=redis.url, database=f"sqlite:///{tmp_path / 'chat.db'}")


def start(settings: Settings, redis: RedisServer) -> list[str]:
    """Join as a node does; what it said."""
    said: list[str] = []
    settings.data.mkdir(exist_ok=True)
    migrate.upgrade(settings.database_url())
    nodes.join(settings, redis.url, said.append)
    return said


def refusal(settings: Settings, redis: RedisServer) -> str:
    with pytest.raises(Unusable) as refused:
        start(settings, redis)
    assert "\n" not in refused.value.detail
    return refused.value.detail


def test_the_secret_is_made_once_for_its_owner_alone(node: Settings, redis: RedisServer) -> None:
    assert start(node, redis) == []
    file = node.data / "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_text()
    assert len(bytes.fromhex(before)) == 32
    assert start(node, redis) == []
    assert file.read_text() == before


def test_the_database_does_not_hold_the_secret(node: Settings, redis: RedisServer) -> None:
    start(node, redis)
    secret = bytes.fromhex((node.data / "secret").read_text())
    stored = Path(node.database_url().removeprefix("sqlite:///")).read_bytes()
    assert secret not in stored
    assert secret.hex().encode() not in stored
    assert nodes.fingerprint(secret).encode() in stored


@pytest.mark.parametrize("content", [None, "", "hello", "ab" * 31, "\xff"])
def test_a_secret_file_that_holds_none_is_refused_and_not_made(
    node: Settings, redis: RedisServer, content: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "shared-secret"
    if content is not None:
        file.write_text(content, "latin-1")
    assert str(file) in refusal(replace(node, secret_file=file), redis)
    assert file.exists() is (content is not None)


def test_a_secret_that_everybody_can_read_is_warned_of(node: Settings, redis: RedisServer) -> None:
    start(node, redis)
    (node.data / "secret").chmod(0o644)
    [line] = start(node, redis)
    assert "chmod 600" in line


def test_a_node_needs_the_secret_of_the_others(
    node: Settings, redis: RedisServer, tmp_path: Path
) -> None:
    start(node, redis)
    second = replace(node, data=tmp_path / "two")
    assert "copy the file 'secret'" in refusal(second, redis)
    assert start(replace(second, secret_file=node.data / "secret"), redis) == []


def test_a_lost_secret_is_overcome_by_adopting(
    node: Settings, redis: RedisServer, tmp_path: Path
) -> None:
    start(node, redis)
    second = replace(node, data=tmp_path / "two")
    nodes.adopt(second)
    assert start(second, redis) == []
    assert "secret of this node is another" in refusal(node, redis)


def test_a_redis_that_was_emptied_is_signed_again(node: Settings, redis: RedisServer) -> None:
    start(node, redis)
    id = redis.ask("GET", Keys().installation)
    redis.ask("FLUSHALL")
    [line] = start(node, redis)
    assert "this Redis is empty" in line
    assert redis.ask("GET", Keys().installation) == id
    assert start(node, redis) == []


def test_another_database_on_the_same_redis_is_refused_until_it_is_adopted(
    node: Settings, redis: RedisServer, tmp_path: Path
) -> None:
    start(node, redis)
    other = replace(node, database=f"sqlite:///{tmp_path / 'other.db'}")
    assert "another database" in refusal(other, redis)
    assert start(replace(other, space="other"), redis) == []
    assert "belongs to the space other" in refusal(other, redis)
    nodes.adopt(other)
    assert start(other, redis) == []


def test_a_shared_database_is_refused_with_an_embedded_redis_that_never_saw_it(
    node: Settings, redis: RedisServer
) -> None:
    start(node, redis)
    redis.ask("FLUSHALL")
    alone = replace(node, redis=None)
    assert "give all nodes the same --redis" in refusal(alone, redis)
    nodes.adopt(alone)
    assert start(alone, redis) == []
    assert start(alone, redis) == []


def test_a_server_with_all_in_its_folder_is_never_refused(
    node: Settings, redis: RedisServer
) -> None:
    alone = replace(node, redis=None, database=None)
    assert start(alone, redis) == []
    (node.data / "secret").unlink()
    redis.ask("FLUSHALL")
    assert start(alone, redis) == []
    (node.data / "tornchat.db").unlink()
    assert start(alone, redis) == []
