"""Settings: where they come from, which one wins, and what is said about a wrong one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from tornchat import settings as module
from tornchat.settings import Settings, SettingsError, docs_table, load, without_password


def no_file(path: Path) -> str:
    raise FileNotFoundError(2, "No such file or directory")


def file_with(text: str) -> Callable[[Path], str]:
    return lambda path: text


def refusal(*argv: str, environ: dict[str, str] | None = None, text: str | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(argv, environ or {}, no_file if text is None else file_with(text))
    assert "\n" not in caught.value.detail
    return caught.value.detail


def test_without_anything_the_defaults_hold() -> None:
    settings = load([], {}, no_file)
    assert settings == Settings()
    assert (settings.port, settings.address, settings.workers) == (8888, "127.0.0.1", 1)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file() -> None:
    argv = ["--port", "1", "--config", "chat.toml"]
    environ = {"TORNCHAT_PORT": "2", "TORNCHAT_WORKERS": "2"}
    text = 'port = 3\nworkers = 3\npost-rate = 3\nhosts = ["a.example", "B.example"]\n'
    settings = load(argv, environ, file_with(text))
    assert (settings.port, settings.workers, settings.post_rate) == (1, 2, 3)
    assert settings.hosts == ("a.example", "b.example")


def test_the_environment_can_name_the_file() -> None:
    settings = load([], {"TORNCHAT_CONFIG": "chat.toml"}, file_with('signup = "closed"'))
    assert settings.signup == "closed"
    assert settings.config == Path("chat.toml")


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    environ = {"TORNCHAT_REDIS": "", "TORNCHAT_PORT": ""}
    assert load([], environ, no_file) == Settings()


def test_an_empty_option_takes_back_what_the_file_says() -> None:
    settings = load(
        ["--config", "chat.toml", "--redis", ""], {}, file_with('redis = "redis://host"')
    )
    assert settings.redis is None


@pytest.mark.parametrize(
    "argv",
    [
        ["--port", "65536"],
        ["--port", "-1"],
        ["--port", "8e3"],
        ["--workers", "0"],
        ["--address", "a b"],
        ["--data", ""],
        ["--redis", "http://host"],
        ["--redis", "redis://"],
        ["--redis", "redis://host:port"],
        ["--redis", "redis://host/name"],
        ["--redis", "unix://"],
        ["--database", "mysql://host/chat"],
        ["--signup", "friends"],
        ["--post-rate", "-1"],
        ["--post-rate", "nan"],
        ["--post-rate", "inf"],
        ["--origin", "chat.example.org"],
        ["--origin", "https://chat.example.org/chat"],
        ["--origin", "https://me@chat.example.org"],
        ["--hosts", "chat.example.org:80"],
        ["--hosts", "a\r\nb"],
        ["--space", "{main}"],
        ["--fsync", "never"],
        ["--log-hours", "0"],
        ["--heartbeat", "0"],
        ["--metrics", "9464"],
        ["--metrics", ":9464"],
        ["--metrics", "127.0.0.1:port"],
        ["--metrics", "::1:9464"],
        ["--port"],
        ["--prot", "1"],
        ["--por", "1"],
        ["extra"],
    ],
)
def test_a_wrong_option_is_refused_in_one_line(argv: list[str]) -> None:
    assert argv[0] in refusal(*argv)


def test_a_wrong_variable_is_named() -> None:
    assert refusal(environ={"TORNCHAT_PORT": "tcp://10.0.0.1:80"}).startswith("TORNCHAT_PORT: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "did you mean 'port'"),
        ("config = 'other.toml'", "unknown key 'config'"),
        ("port = true", "port must be"),
        ("[port]", "port must be"),
        ("hosts = [1]", "hosts must be"),
        ("port = 70000", "chat.toml: port: '70000'"),
        ("port", "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(text: str, said: str) -> None:
    assert said in refusal("--config", "chat.toml", text=text)


def test_a_file_that_is_not_there_is_named() -> None:
    assert refusal("--config", "chat.toml") == (
        "chat.toml: cannot be read (No such file or directory)"
    )


def test_an_option_that_is_nearly_right_gets_a_hint() -> None:
    assert "did you mean '--workers'" in refusal("--worker", "2")


@pytest.mark.parametrize(
    "argv",
    [
        ["--redis", "http://user:secret@host"],
        ["--redis", "redis://:secret@host:port"],
        ["--redis", "redis://:secret@host/x"],
        ["--database", "mysql://user:secret@host/chat"],
    ],
)
def test_no_refusal_shows_a_password(argv: list[str]) -> None:
    assert "secret" not in refusal(*argv)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:secret@host:1/2", "redis://:***@host:1/2"),
        ("rediss://me:secret@host", "rediss://me:***@host"),
        ("redis://host/0", "redis://host/0"),
        ("unix:///var/run/redis.sock", "unix:///var/run/redis.sock"),
        ("postgresql://me:s%40cret@db/chat", "postgresql://me:***@db/chat"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://Chat.Example.org/", "https://chat.example.org"),
        ("https://chat.example.org:443", "https://chat.example.org"),
        ("http://chat.example.org:8080", "http://chat.example.org:8080"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_an_origin_becomes_what_a_browser_sends(given: str, origin: str) -> None:
    assert load(["--origin", given], {}, no_file).origin == origin


def test_settings_survive_the_way_to_a_worker() -> None:
    settings = replace(
        Settings(),
        data=Path("/srv/chat"),
        hosts=("a.example", "b.example"),
        heartbeat=0.5,
        redis="redis://:pw@host/1",
        redis_server=Path("/opt/redis-server"),
    )
    assert Settings.from_plain(json.loads(json.dumps(settings.as_plain()))) == settings


def test_the_database_is_in_the_data_folder_unless_one_is_given() -> None:
    assert Settings(data=Path("/srv")).database_url() == "sqlite:////srv/tornchat.db"
    assert Settings(database="sqlite:////a.db").database_url() == "sqlite:////a.db"


def test_the_table_for_the_docs_names_every_setting() -> None:
    table = docs_table()
    for row in fields(Settings):
        assert f"`TORNCHAT_{row.name.upper()}`" in table


def test_a_checkout_serves_its_own_page() -> None:
    assert module.web_root() == Path(__file__).resolve().parent.parent / "web"
