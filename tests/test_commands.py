"""The command line: help on every level, and one clear line for what goes wrong."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT
from tornchat import __version__
from tornchat.cli import main


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Run a command that must fail; returns its one line on standard error."""
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    [line] = captured.err.splitlines()
    assert line.startswith("tornchat: ")
    return line


@pytest.mark.parametrize(
    "command",
    [
        *("", "serve", "token", "token add", "bot", "bot add", "room", "room add"),
        *("user", "user add", "user list", "user disable", "user enable", "user delete"),
        *("user password", "user export"),
        *("node", "node adopt", "tail", "send"),
    ],
)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command.split(), "--help"])
    assert end.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"Tornchat {__version__}\n"


@pytest.mark.parametrize(
    ("argv", "about"),
    [
        (["--prot", "1"], "did you mean '--port'"),
        (["sevre"], "'sevre'"),
        (["user"], "user --help"),
        (["user", "ad", "ada"], "'ad'"),
        (["user", "add"], "NAME"),
        (["user", "add", "ada", "--port", "x"], "--port"),
        (["token", "add", "ada", "more"], "more"),
        (["token", "add", "ada", "--count", "none"], "--count"),
        (["serve", "--workers", "many"], "--workers"),
    ],
)
def test_a_wrong_command_is_one_line_and_status_2(
    argv: list[str], about: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert about in said(capsys, *argv)


def test_no_password_is_asked_for_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    line = said(capsys, "user", "add", "ada", "--data", str(tmp_path))
    assert "--password-stdin" in line


def test_an_empty_password_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    line = said(capsys, "user", "add", "ada", "--password-stdin", "--data", str(tmp_path))
    assert "empty" in line


def test_many_tokens_are_made_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
    where = ("--data", str(tmp_path))
    assert main(["user", "add", "ada", "--password-stdin", *where]) == 0
    capsys.readouterr()
    assert main(["token", "add", "ada", "--count", "3", *where]) == 0
    assert len(set(capsys.readouterr().out.split())) == 3


@pytest.mark.parametrize(
    "command", ["user list", "user disable ada", "user enable ada", "token add ada"]
)
def test_a_command_in_a_wrong_folder_says_so_and_makes_nothing(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = said(capsys, *command.split(), "--data", str(tmp_path / "wrong"))
    assert "there is no database" in line
    assert "--data" in line
    assert not (tmp_path / "wrong").exists()


def test_the_only_administrator_stays_and_others_may_come_back(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    where = ("--data", str(tmp_path))
    for name in ("ada", "budi"):
        monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
        assert main(["user", "add", name, "--password-stdin", *where]) == 0
    capsys.readouterr()
    assert "only administrator" in said(capsys, "user", "disable", "ada", *where)
    assert "only administrator" in said(capsys, "user", "delete", "ada", "--now", *where)
    assert "not disabled" in said(capsys, "user", "enable", "budi", *where)
    assert main(["user", "disable", "budi", *where]) == 0
    capsys.readouterr()
    assert "disabled" in said(capsys, "token", "add", "budi", *where)
    capsys.readouterr()
    assert main(["user", "enable", "budi", *where]) == 0
    assert main(["token", "add", "budi", *where]) == 0
    assert main(["user", "delete", "budi", "--messages", *where]) == 0
    assert "user enable" in capsys.readouterr().out
    assert main(["user", "enable", "budi", *where]) == 0


def test_an_error_of_the_real_program_has_no_traceback() -> None:
    ended = subprocess.run(
        [sys.executable, ROOT / "server.py", "--nonsense"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
