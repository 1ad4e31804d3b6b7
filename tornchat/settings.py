"""The settings: one table, from which the options, the variables, the file and the docs come.

Each field of :class:`Settings` is a row: its name is the option (``--post-rate``), the key of the
configuration file (``post-rate``) and the environment variable (``TORNCHAT_POST_RATE``). What is
given on the command line wins over the environment, that over the file, and that over the default.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import Field, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NoReturn, Self
from urllib.parse import urlsplit

from tornchat import setting_values as values
from tornchat.domain.errors import Unusable

ENVIRONMENT_PREFIX = "TORNCHAT_"


class SettingsError(Unusable):
    """An option, a variable or the configuration file is wrong; the detail says which and how."""


def _row(parse: Callable[[str], Any], metavar: str, text: str) -> dict[str, Any]:
    return {"parse": parse, "metavar": metavar, "help": text}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator chose. Times are in the unit that the help text names."""

    port: int = field(
        default=8888,
        metadata=_row(
            values.whole(0, 65535),
            "PORT",
            "TCP port to listen on; 0: the kernel picks one and the banner says which",
        ),
    )
    address: str = field(
        default="127.0.0.1",
        metadata=_row(
            values.address,
            "ADDRESS",
            "address to listen on; 0.0.0.0 or :: for every interface",
        ),
    )
    workers: int = field(
        default=1,
        metadata=_row(values.whole(1, 256), "N", "number of worker processes on the port"),
    )
    data: Path = field(
        default=Path("./var"),
        metadata=_row(
            values.path,
            "FOLDER",
            "folder of the database and of the embedded Redis; made if missing",
        ),
    )
    redis: str | None = field(
        default=None,
        metadata=_row(
            values.optional(values.redis_url),
            "URL",
            "redis://, rediss:// or unix:// URL of the Redis to use; none: an embedded one",
        ),
    )
    database: str | None = field(
        default=None,
        metadata=_row(
            values.optional(values.database_url),
            "URL",
            "postgresql:// or sqlite:/// URL of the database; none: SQLite in the data folder",
        ),
    )
    secret_file: Path | None = field(
        default=None,
        metadata=_row(
            values.optional(values.path),
            "PATH",
            "file with the secret that all nodes share; none: a file in the data folder",
        ),
    )
    files: Path | None = field(
        default=None,
        metadata=_row(
            values.optional(values.path),
            "PATH",
            "folder of files that people send, shared by all nodes; none: in the data folder",
        ),
    )
    max_file: float = field(
        default=25,
        metadata=_row(values.number(0, 4096), "MB", "size of a file in MB at most; 0: no files"),
    )
    file_quota: float = field(
        default=2000,
        metadata=_row(
            values.number(0, 100_000_000),
            "MB",
            "MB that the files of one user may have together; 0: no limit",
        ),
    )
    previews: str = field(
        default="on",
        metadata=_row(
            values.one_of("on", "off"),
            "on|off",
            "whether the server fetches pages that messages link to, to show what they are",
        ),
    )
    fetch_hosts: tuple[str, ...] = field(
        default=(),
        metadata=_row(
            values.fetch_hosts,
            "HOST,HOST:PORT",
            "private hosts that previews, webhooks and pushes may reach nevertheless",
        ),
    )
    push: str = field(
        default="on",
        metadata=_row(
            values.one_of("on", "off"),
            "on|off",
            "whether browsers that are not connected are told of messages, by their push services",
        ),
    )
    push_contact: str | None = field(
        default=None,
        metadata=_row(
            values.optional(values.contact),
            "URL",
            "mailto: or https: URL for push services to reach you; none: the origin",
        ),
    )
    signup: str | None = field(
        default=None,
        metadata=_row(
            values.optional(values.one_of("open", "invite", "closed")),
            "open|invite|closed",
            "whether strangers may make an account: all, those with an invitation, or nobody; "
            "none: as administrators choose on their page, at first open; "
            "the first account can always be made",
        ),
    )
    password_memory: int = field(
        default=64,
        metadata=_row(
            values.whole(19, 4096),
            "MIB",
            "MiB of memory that hashing a password takes, two at a time in each worker; "
            "less also takes less time",
        ),
    )
    post_rate: float = field(
        default=10,
        metadata=_row(
            values.number(0, 10_000),
            "RATE",
            "messages per second that one user may post, with a burst; 0: no limit",
        ),
    )
    lab: str = field(
        default="on",
        metadata=_row(
            values.one_of("on", "off"),
            "on|off",
            "whether there is the lab page, with which users measure their own connection",
        ),
    )
    probe_rate: float = field(
        default=20,
        metadata=_row(
            values.number(0, 10_000),
            "RATE",
            "probes of the lab per second that one user may send, with a burst; 0: no limit",
        ),
    )
    max_streams: int = field(
        default=20,
        metadata=_row(
            values.whole(0, 1_000_000),
            "N",
            "streams that one user may have open at a time, on all workers; 0: no limit",
        ),
    )
    max_streams_per_address: int = field(
        default=200,
        metadata=_row(
            values.whole(0, 1_000_000),
            "N",
            "streams that may be open from one address at a time; 0: no limit; loopback has none",
        ),
    )
    origin: str | None = field(
        default=None,
        metadata=_row(
            values.optional(values.origin),
            "URL",
            "public address behind a proxy, such as https://chat.example.org",
        ),
    )
    hosts: tuple[str, ...] = field(
        default=(),
        metadata=_row(
            values.host_names,
            "NAME,NAME",
            "names answered to besides the origin's, localhost and the address",
        ),
    )
    space: str = field(
        default="main",
        metadata=_row(
            values.space,
            "NAME",
            "the tenant: every key in Redis carries it, so that several servers can share one",
        ),
    )
    redis_server: Path | None = field(
        default=None,
        metadata=_row(
            values.optional(values.path),
            "PATH",
            "redis-server or valkey-server to run as the embedded Redis; none: looked for",
        ),
    )
    fsync: str = field(
        default="everysec",
        metadata=_row(
            values.one_of("everysec", "always"),
            "everysec|always",
            "when the embedded Redis writes to the disk; always loses nothing in a power cut",
        ),
    )
    log_hours: float = field(
        default=48,
        metadata=_row(
            values.number(0.01, 8760),
            "HOURS",
            "hours that Redis keeps the log for; older history comes from the database",
        ),
    )
    audit_days: int = field(
        default=365,
        metadata=_row(
            values.whole(0, 36_500),
            "DAYS",
            "days that the audit log keeps what was done; 0: for ever",
        ),
    )
    heartbeat: float = field(
        default=25,
        metadata=_row(
            values.number(0.05, 300),
            "SECONDS",
            "seconds between two beats of a stream; less than the proxy's idle time-out",
        ),
    )
    drain: float = field(
        default=20,
        metadata=_row(
            values.number(0, 3600),
            "SECONDS",
            "seconds over which a worker that ends sends its streams elsewhere; 0: at once",
        ),
    )
    metrics: str | None = field(
        default=None,
        metadata=_row(
            values.optional(values.address_and_port),
            "ADDRESS:PORT",
            "where to serve figures for Prometheus, to whoever can reach it; none: nowhere",
        ),
    )
    config: Path | None = field(
        default=None,
        metadata=_row(
            values.optional(values.path), "PATH", "TOML file with any of these settings as keys"
        ),
    )

    def database_url(self) -> str:
        """The URL given, or that of the SQLite file in the data folder."""
        return self.database or f"sqlite:///{self.sqlite_file()}"

    def sqlite_file(self) -> Path:
        """Where the database is, unless another one was given."""
        return self.data.absolute() / "tornchat.db"

    def files_folder(self) -> Path:
        """Where files are, that people send."""
        return self.files or self.data.absolute() / "files"

    def as_plain(self) -> dict[str, Any]:
        """The settings as JSON can hold them; :meth:`from_plain` is the way back."""
        return {name: str(v) if isinstance(v, Path) else v for name, v in asdict(self).items()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Settings out of :meth:`as_plain`. Raises :class:`SettingsError` for what is not."""
        given = {
            name: ",".join(value) if isinstance(value, list | tuple) else str(value)
            for name, value in plain.items()
            if value is not None
        }
        return cls(**{row.name: _parsed(row, given[row.name], row.name) for row in _rows(given)})


def load(
    argv: Sequence[str], environ: Mapping[str, str], read_text: Callable[[Path], str]
) -> Settings:
    """The settings from a command line (without the program), the environment and the file.

    Raises :class:`SettingsError` for whatever is not understood. Does no I/O of its own:
    ``read_text`` reads the configuration file and may raise ``OSError``.
    """
    parser = OneLineParser(add_help=False)
    add_options(parser)
    return resolve(vars(parser.parse_args(list(argv))), environ, read_text)


def resolve(
    options: Mapping[str, Any], environ: Mapping[str, str], read_text: Callable[[Path], str]
) -> Settings:
    """As :func:`load`, from options that a parser with :func:`add_options` has read."""
    given = {row.name: (_option(row), options[row.name]) for row in _rows(options)}
    for row in fields(Settings):
        # An empty variable is one that a compose file passes on unset.
        if row.name not in given and environ.get(_variable(row)):
            given[row.name] = (_variable(row), environ[_variable(row)])
    parsed = {row.name: _parsed(row, *reversed(given[row.name])) for row in _rows(given)}
    path: Path | None = parsed.get("config")
    if path is not None:
        for row, text in _file_rows(path, read_text):
            if row.name not in parsed:
                parsed[row.name] = _parsed(row, text, f"{path}: {_key(row)}")
    return Settings(**parsed)


class OneLineParser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one line, without the usage."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Raise the message as a :class:`SettingsError`."""
        _, _, unknown = message.partition("unrecognized arguments: ")
        word = unknown.partition(" ")[0].partition("=")[0]
        near = values.did_you_mean(word, map(_option, fields(Settings))) if word else ""
        raise SettingsError(f"{message}{near} (see {self.prog} --help)")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` an option for every setting; those not given leave no attribute."""
    group = parser.add_argument_group(
        "settings", f"each also as {ENVIRONMENT_PREFIX}NAME in the environment and in --config"
    )
    for row in fields(Settings):
        text = f"{row.metadata['help']} (default: {_shown_default(row)})"
        group.add_argument(
            _option(row),
            dest=row.name,
            default=argparse.SUPPRESS,
            metavar=row.metadata["metavar"],
            help=text.replace("%", "%%"),
        )


def docs_table() -> str:
    """The settings as a Markdown table, for ``docs/operations.md``."""
    lines = ["| option | variable | default | what |", "|---|---|---|---|"]
    for row in fields(Settings):
        metavar = row.metadata["metavar"].replace("|", "\\|")
        lines.append(
            f"| `{_option(row)} {metavar}` | `{_variable(row)}` | `{_shown_default(row)}` "
            f"| {row.metadata['help']} |"
        )
    return "\n".join(lines) + "\n"


def without_password(url: str) -> str:
    """The URL as it may be shown: with ``***`` where a password stands."""
    url = re.sub(r"(?<=[?&]password=)[^&]*", "***", url)
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return url.replace(f"{user}@{host}", f"{user.partition(':')[0]}:***@{host}", 1)


def web_root() -> Path:
    """The folder of the page: that of the checkout if we run in one, else the installed one."""
    package = Path(__file__).resolve().parent
    checkout = package.parent / "web"
    return checkout if (package.parent / "setup.cfg").exists() else package / "web"


def _rows(names: Mapping[str, Any]) -> Iterator[Field[Any]]:
    return (row for row in fields(Settings) if row.name in names)


def _key(row: Field[Any]) -> str:
    return row.name.replace("_", "-")


def _option(row: Field[Any]) -> str:
    return f"--{_key(row)}"


def _variable(row: Field[Any]) -> str:
    return ENVIRONMENT_PREFIX + row.name.upper()


def _shown_default(row: Field[Any]) -> str:
    if row.default in (None, ()):
        return "none"
    return f"./{row.default}" if isinstance(row.default, Path) else str(row.default)


def _parsed(row: Field[Any], text: str, where: str) -> Any:
    try:
        return row.metadata["parse"](text)
    except ValueError as wrong:
        raise SettingsError(f"{where}: {wrong}") from None


def _file_rows(path: Path, read_text: Callable[[Path], str]) -> Iterator[tuple[Field[Any], str]]:
    import tomllib  # only who gives a file pays for reading one

    try:
        content = tomllib.loads(read_text(path))
    except OSError as wrong:
        raise SettingsError(f"{path}: cannot be read ({wrong.strerror})") from None
    except ValueError as wrong:
        raise SettingsError(f"{path}: is not TOML ({wrong})") from None
    rows = {_key(row): row for row in fields(Settings) if row.name != "config"}
    for key, value in content.items():
        if key not in rows:
            raise SettingsError(f"{path}: unknown key {key!r}{values.did_you_mean(key, rows)}")
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            value = ",".join(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise SettingsError(f"{path}: {key} must be a string, a number or a list of strings")
        yield rows[key], str(value)


if __name__ == "__main__":
    print(docs_table(), end="")
