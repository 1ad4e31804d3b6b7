"""The commands of the shell: the server itself, and accounts, tokens and rooms.

Every command takes the settings as options. What goes wrong is said in one line on stderr, with
exit status 2. Heavy modules are imported by the command that needs them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tornchat import __version__
from tornchat.domain.errors import TornchatError
from tornchat.setting_values import whole
from tornchat.settings import OneLineParser, Settings, SettingsError, add_options, resolve

T = TypeVar("T")
Command = Callable[[Settings, argparse.Namespace], int]

_FAILED = 2
MOST_TOKENS = 10_000
MOST_LINES = 200
MOST_ENTRIES = 1_000_000
#: Options of the program itself; all others at its head are those of its first command.
_ABOUT = ("-h", "--help", "--version")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    try:
        words = list(sys.argv[1:] if argv is None else argv)
        if not words or (words[0].startswith("-") and words[0] not in _ABOUT):
            words.insert(0, "serve")
        given = _parser().parse_args(words)
        command: Command = given.command
        settings = resolve(vars(given), os.environ, lambda path: path.read_text("utf-8"))
        return command(settings, given)
    except TornchatError as wrong:
        _say(f"tornchat: {' '.join(wrong.detail.split())}")
        return _FAILED
    except KeyboardInterrupt:
        _say("tornchat: interrupted")
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone: nothing is left to say, and nowhere to say it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED


def _say(line: str) -> None:
    print(line, file=sys.stderr)


# -- the commands


def _serve(settings: Settings, _given: argparse.Namespace) -> int:
    from tornchat.supervisor import serve

    return serve(settings)


def _user_add(settings: Settings, given: argparse.Namespace) -> int:
    password = _password(given)
    from tornchat.chat import shell

    user = _with_database(
        settings, shell.user_add(settings, given.name, password, given.display_name, given.admin)
    )
    kind = "administrator" if user.role == "admin" else "user"
    print(f"Added the {kind} {user.username} (id {user.id}).")
    return 0


def _user_list(settings: Settings, _given: argparse.Namespace) -> int:
    from tornchat.chat import shell

    rows = _with_database(settings, shell.user_list(settings), there=True)
    table = [("ID", "NAME", "DISPLAY NAME", "ROLE", "STATE"), *rows]
    widths = [max(len(str(row[column])) for row in table) for column in range(5)]
    for row in table:
        cells = (str(cell).ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    return 0


def _user_disable(settings: Settings, given: argparse.Namespace) -> int:
    from tornchat.chat import shell

    _with_database(settings, shell.user_disable(settings, given.name), there=True)
    print(f"Disabled {given.name}.")
    return 0


def _user_enable(settings: Settings, given: argparse.Namespace) -> int:
    from tornchat.chat import shell

    _with_database(settings, shell.user_enable(settings, given.name), there=True)
    print(f"Enabled {given.name}, who may sign in again.")
    return 0


def _user_export(settings: Settings, given: argparse.Namespace) -> int:
    from tornchat.chat import shell

    to = Path(given.to or f"tornchat-{given.name}.zip")
    _with_database(settings, shell.user_export(settings, given.name, to), there=True)
    print(f"Wrote {to}.")
    return 0


def _user_delete(settings: Settings, given: argparse.Namespace) -> int:
    from tornchat.chat import shell

    deleted = shell.user_delete(settings, given.name, whole=given.messages, at_once=given.now)
    at = _with_database(settings, deleted, there=True)
    if given.now:
        print(f"Closed {given.name}. The server erases the account now, or when it is started.")
    else:
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(at / 1000))
        print(f"Closed {given.name}, to be erased after {day}. Until then: user enable NAME.")
    return 0


def _user_password(settings: Settings, given: argparse.Namespace) -> int:
    password = _password(given)
    from tornchat.chat import shell

    _with_database(settings, shell.user_password(settings, given.name, password), there=True)
    print(f"Changed the password of {given.name}.")
    return 0


def _user_role(settings: Settings, given: argparse.Namespace) -> int:
    from tornchat.chat import shell

    if given.role not in ("admin", "member"):
        raise SettingsError("the role is admin or member")
    _with_database(settings, shell.user_role(settings, given.name, given.role), there=True)
    kind = "an administrator" if given.role == "admin" else "a member"
    print(f"{given.name} is {kind} now.")
    return 0


def _audit(settings: Settings, given: argparse.Namespace) -> int:
    import json

    from tornchat.chat import shell

    try:
        most = whole(1, MOST_ENTRIES)(given.lines)
        days = None if given.days is None else whole(1, 36_500)(given.days)
    except ValueError as wrong:
        raise SettingsError(f"--lines and --days: {wrong}") from None
    asked = {"person": given.person, "kind": given.kind}
    entries = _with_database(settings, shell.audit_log(settings, asked, days, most), there=True)
    for entry in entries:
        print(json.dumps(entry, ensure_ascii=False) if given.json else shell.line_of(entry))
    return 0


def _token_add(settings: Settings, given: argparse.Namespace) -> int:
    from tornchat.chat import shell

    try:
        count = whole(1, MOST_TOKENS)(given.count)
    except ValueError as wrong:
        raise SettingsError(f"--count: {wrong}") from None
    added = shell.token_add(settings, given.user, given.label, count)
    print("\n".join(_with_database(settings, added, there=True)))
    return 0


def _tail(_settings: Settings, given: argparse.Namespace) -> int:
    from tornchat import talk

    try:
        lines = whole(0, MOST_LINES)(given.lines)
    except ValueError as wrong:
        raise SettingsError(f"--lines: {wrong}") from None
    try:
        talk.tail(given.url, given.token_file, given.room, lines, given.json)
    except KeyboardInterrupt:
        return 130  # the usual end of it
    return 0


def _send(_settings: Settings, given: argparse.Namespace) -> int:
    from tornchat import talk

    talk.send(given.url, given.token_file, given.room, given.text)
    return 0


def _bot_add(settings: Settings, given: argparse.Namespace) -> int:
    from tornchat.chat import shell

    added = shell.bot_add(settings, given.name, given.display_name)
    print(_with_database(settings, added, there=True))
    return 0


def _room_add(settings: Settings, given: argparse.Namespace) -> int:
    from tornchat.chat import shell

    print(_with_database(settings, shell.room_add(settings, given.name, given.private)))
    return 0


def _node_adopt(settings: Settings, _given: argparse.Namespace) -> int:
    from tornchat import nodes

    nodes.adopt(settings)
    print("The next node to start decides which Redis and which secret belong to the database.")
    return 0


def _with_database(settings: Settings, work: Coroutine[Any, Any, T], *, there: bool = False) -> T:
    """Run ``work`` on a database that is up to date. It is made where no server has run yet, unless
    ``there``: what is asked for could not be in a new one."""
    import asyncio

    from tornchat.archive import migrate
    from tornchat.data_folder import make_folder

    try:
        if there and settings.database is None and not settings.sqlite_file().exists():
            raise SettingsError(
                f"there is no database in {settings.data}; give the server's folder with --data"
            )
        make_folder(settings.data.absolute())
        migrate.upgrade(settings.database_url())
    except BaseException:
        work.close()
        raise
    return asyncio.run(work)


def _password(given: argparse.Namespace) -> str:
    if given.password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise SettingsError("there is no terminal to ask for the password; use --password-stdin")
    else:
        from getpass import getpass

        password = getpass(f"Password for {given.name}: ")
        if getpass("Once more: ") != password:
            raise SettingsError("the two passwords differ; nothing was changed")
    if not password:
        raise SettingsError("the password is empty; nothing was changed")
    return password


# -- the command line


class _HelpFormatter(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34)


class _Parser(OneLineParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_HelpFormatter, **options)


def _parser() -> argparse.ArgumentParser:
    name = Path(sys.argv[0]).name
    top = _Parser(
        prog="tornchat" if name == "__main__.py" else name,
        usage="%(prog)s [COMMAND] [options]",
        description="A self-hosted instant messenger for the browser. Without a command: serve.",
        epilog="COMMAND --help says more about each.",
    )
    top.add_argument(
        "--version",
        action="version",
        version=f"Tornchat {__version__}",
        help="show the version and exit",
    )
    commands = top.add_subparsers(
        title="commands", metavar="COMMAND", prog=top.prog, parser_class=_Parser
    )
    _command(commands, "serve", _serve, "run the server (the default)")

    text = "accounts: add, list, disable, enable, export, delete, password, role"
    users = _group(commands, "user", text)
    add = _command(users, "add", _user_add, "make an account", name="NAME")
    add.add_argument("--admin", action="store_true", help="make it an administrator")
    add.add_argument("--display-name", metavar="D", help="the name that people see")
    _command(users, "list", _user_list, "list the accounts")
    _command(users, "disable", _user_disable, "close an account and end its sessions", name="NAME")
    _command(users, "enable", _user_enable, "let a disabled person in again", name="NAME")
    export = _command(users, "export", _user_export, "write all there is of them", name="NAME")
    export.add_argument("--to", metavar="FILE", help="instead of tornchat-NAME.zip")
    delete = _command(users, "delete", _user_delete, "close an account, to be erased", name="NAME")
    delete.add_argument("--messages", action="store_true", help="with all that they wrote")
    delete.add_argument("--now", action="store_true", help="without a week to think about it")
    password = _command(users, "password", _user_password, "set a new password", name="NAME")
    text = "make an administrator or a member"
    _command(users, "role", _user_role, text, name="NAME", role="admin|member")
    for asks in (add, password):
        asks.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from the first line of standard input",
        )

    tokens = _group(commands, "token", "bearer tokens: add")
    token = _command(tokens, "add", _token_add, "print a new bearer token", user="USER")
    token.add_argument("--label", metavar="L", default="", help="what the token is for")
    token.add_argument("--count", metavar="N", default="1", help="so many of them, one a line")

    bots = _group(commands, "bot", "accounts of programs: add")
    bot = _command(bots, "add", _bot_add, "make a bot and print its token", name="NAME")
    bot.add_argument("--display-name", metavar="D", help="the name that people see")

    rooms = _group(commands, "room", "rooms: add")
    room = _command(rooms, "add", _room_add, "make a room and print its id", name="NAME")
    room.add_argument("--private", action="store_true", help="only for members")

    for command, does, text, words in (
        ("tail", _tail, "follow a room of any server", ("ROOM",)),
        ("send", _send, "write to a room of any server", ("ROOM", "TEXT")),
    ):
        talk = commands.add_parser(command, help=text, description=f"{text.capitalize()}.")
        talk.set_defaults(command=does)
        for word in words:
            talk.add_argument(word.lower(), metavar=word)
        talk.add_argument("--url", metavar="U", help="the server (TORNCHAT_URL; the local one)")
        talk.add_argument(
            "--token-file", metavar="F", help="holds a bearer token (else: TORNCHAT_TOKEN)"
        )
        if command == "tail":
            talk.add_argument("--lines", metavar="N", default="10", help="so many old ones first")
            talk.add_argument("--json", action="store_true", help="a JSON object a line")

    log = _command(commands, "audit", _audit, "what was done, by whom and from where")
    log.add_argument("--person", metavar="NAME", help="done by this person, or to them")
    log.add_argument("--kind", metavar="K", help="of one kind, or its first word, such as session")
    log.add_argument("--days", metavar="N", help="in the last so many days")
    log.add_argument("--lines", metavar="N", default="50", help="so many at most, the last ones")
    log.add_argument("--json", action="store_true", help="a JSON object a line")

    nodes = _group(commands, "node", "this node: adopt")
    text = "let the next start decide which Redis and which secret belong to the database"
    _command(nodes, "adopt", _node_adopt, text)
    add_options(top)
    return top


def _group(commands: Any, name: str, text: str) -> Any:
    group = commands.add_parser(name, help=text, description=f"{text.capitalize()}.")
    refusal = f"say what to do with a {name}: see server.py {name} --help"
    group.set_defaults(command=_refuse(refusal))
    group.usage = f"{group.prog} COMMAND [options]"
    return group.add_subparsers(
        title="commands", metavar="COMMAND", prog=group.prog, parser_class=_Parser
    )


def _refuse(refusal: str) -> Command:
    def command(_settings: Settings, _given: argparse.Namespace) -> int:
        raise SettingsError(refusal)

    return command


def _command(
    commands: Any, command_name: str, command: Command, text: str, **positional: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        command_name, help=text, description=f"{text[0].upper()}{text[1:]}."
    )
    parser.set_defaults(command=command)
    parser.usage = " ".join([parser.prog, *positional.values(), "[options]"])
    for dest, metavar in positional.items():
        parser.add_argument(dest, metavar=metavar)
    add_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
