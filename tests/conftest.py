"""Fixtures that any test may use."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from probes.postgres import PostgresServer

from tests.running import RunningServer

StartServer = Callable[..., RunningServer]

#: Folders of the longest files, which are begun first: at the end there is something for everybody.
LONGEST = ("probes", "faults", "browser")


def pytest_configure() -> None:
    """Who was started in the background of a script ignores Ctrl-C, and so would our programs."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    folders = Path(__file__).parent
    items.sort(key=lambda item: places.get(item.path.relative_to(folders).parts[0], len(LONGEST)))


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Start real servers, on ``tmp_path/var`` unless told otherwise; all end with the test.

    ``start_server("--workers", "2")`` returns a :class:`RunningServer` that is ready;
    ``ready=False`` does not wait, and with ``empty`` it begins with no data folder at all.
    """
    started: list[RunningServer] = []

    def start(
        *options: str,
        data: Path | None = None,
        port: int = 0,
        ready: bool = True,
        environ: dict[str, str] | None = None,
        empty: bool = False,
    ) -> RunningServer:
        folder = data or tmp_path / "var"
        server = RunningServer(folder, *options, port=port, environ=environ, empty=empty)
        started.append(server)
        return server.until_ready() if ready else server

    with ExitStack() as ends:
        yield start
        for server in started:
            ends.callback(server.stop)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL for all tests; who wants to stop or kill one starts another."""
    server = PostgresServer(tmp_path_factory.mktemp("postgres"), durable=False)
    server.start()
    yield server
    server.remove()
