"""The process that serves ``/metrics``: it sums what all processes of the server have counted.

Started by the supervisor (`metrics_process`) on a socket that is already bound, and ends when the
supervisor's pipe does. It only reads files, so whatever goes wrong here harms no message.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from tornchat import __version__, metrics, metrics_file
from tornchat.metric_kinds import AnyFigure, Gauge, Histogram
from tornchat.metrics_file import Counted

SLOW_CLIENT_SECONDS = 10.0
"""Time to send a request in, and to take the answer."""

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

Children = dict[tuple[str, ...], dict[str, float]]
"""Labels' values -> part -> number."""


class Figures(Collector):
    """All figures, summed over the processes whose files are in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        totals: defaultdict[str, Children] = defaultdict(dict)
        for counted in metrics_file.read(self._folder):
            _add(totals, counted)
            if counted.alive:
                _look_up(totals, counted)
        for figure in metrics.FIGURES:
            yield _family(figure, totals[figure.name])
        yield InfoMetricFamily("tornchat", "The version that serves.", {"version": __version__})


_BY_NAME: Mapping[str, AnyFigure] = {figure.name: figure for figure in metrics.FIGURES}


def _add(totals: defaultdict[str, Children], counted: Counted) -> None:
    """Sum the numbers of one process to the others'; those that have another shape in the version
    of that process are left out."""
    for line, numbers in counted.numbers:
        figure = _BY_NAME.get(line.name)
        if figure is None or figure.kind != line.kind:
            continue
        if len(figure.label_names) != len(line.labels):
            continue
        if figure.kind == "gauge" and not counted.alive:
            continue
        most = isinstance(figure, Gauge) and figure.over == "max"
        child = totals[line.name].setdefault(line.labels, {})
        for part, number in zip(line.parts, numbers, strict=True):
            before = child.get(part, 0.0)
            child[part] = max(before, number) if most else before + number


def _look_up(totals: defaultdict[str, Children], counted: Counted) -> None:
    """What is seen of a process from outside; less where there is no /proc."""
    found: dict[AnyFigure, float] = {}
    try:
        proc = Path(f"/proc/{counted.pid}")
        times = proc.joinpath("stat").read_text().rpartition(")")[2].split()
        found[metrics.PROCESS_CPU] = (int(times[11]) + int(times[12])) / _TICKS
        pages = proc.joinpath("statm").read_text().split()[1]
        found[metrics.PROCESS_MEMORY] = int(pages) * _PAGE
        found[metrics.PROCESS_FDS] = sum(1 for _ in proc.joinpath("fd").iterdir())
        found[metrics.PROCESS_MAX_FDS], _ = resource.prlimit(counted.pid, resource.RLIMIT_NOFILE)
    except OSError:
        pass
    if counted.name.startswith("worker"):  # the supervisor writes when something happens
        found[metrics.PROCESS_SILENT] = max(0.0, time.time() - counted.written)
    for figure, value in found.items():
        totals[figure.name][(counted.name,)] = {"": value}


def _family(figure: AnyFigure, children: Children) -> Metric:
    """A figure as the library wants it."""
    if isinstance(figure, Histogram):
        histogram = HistogramMetricFamily(figure.name, figure.text, labels=figure.label_names)
        for labels, parts in sorted(children.items()):
            total = parts.pop("sum")
            histogram.add_metric(labels, _cumulated(parts), total)
        return histogram
    kind = GaugeMetricFamily if isinstance(figure, Gauge) else CounterMetricFamily
    family: GaugeMetricFamily | CounterMetricFamily
    family = kind(figure.name, figure.text, labels=figure.label_names)
    for labels, parts in sorted(children.items()):
        family.add_metric(labels, parts[""])
    return family


def _cumulated(parts: Mapping[str, float]) -> list[tuple[str, float]]:
    """Prometheus' buckets hold everything up to their bound."""
    up_to = 0.0
    buckets = []
    for bound in sorted(parts, key=float):
        up_to += parts[bound]
        buckets.append((bound, up_to))
    return buckets


class _Handler(BaseHTTPRequestHandler):
    server_version = "Tornchat"
    sys_version = ""
    timeout = SLOW_CLIENT_SECONDS
    server: _Server

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(404)
            return
        encode, kind = choose_encoder(self.headers.get("Accept", ""))
        text = encode(self.server.registry)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_HEAD = do_GET  # noqa: N815 - the library looks for this name

    def log_message(self, *_: object) -> None:
        """A scrape every few seconds is nothing to write about."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket, folder: Path) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.registry = CollectorRegistry()
        self.registry.register(Figures(folder))


def main() -> None:
    """Entry of ``python -m tornchat.metrics_server FOLDER DESCRIPTOR``."""
    folder, descriptor = sys.argv[1:]
    server = _Server(socket.socket(fileno=int(descriptor)), Path(folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.buffer.read()  # until the supervisor ends


if __name__ == "__main__":
    main()
