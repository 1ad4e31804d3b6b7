"""What ``/metrics`` says, read with the library's own parser."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.running import RunningServer

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Scrape:
    """One answer. ``families`` is what was declared, ``values`` every number."""

    families: dict[str, Metric]
    values: dict[tuple[str, Labels], float]

    def value(self, name: str, **labels: str) -> float:
        """One number; 0 where a counter's labels have not come up yet."""
        return self.values.get((name, frozenset(labels.items())), 0.0)

    def not_zero(self) -> str:
        """What there is to see, for people."""
        return "\n".join(
            f"{name} {dict(labels) or ''} {value:g}"
            for (name, labels), value in self.values.items()
            if value and "_bucket" not in name
        )

    def counters(self) -> dict[tuple[str, Labels], float]:
        """All that may only grow, but for what is counted by the kernel for each process."""
        return {
            key: value
            for key, value in self.values.items()
            if key[0].endswith(("_total", "_bucket", "_count")) and "_process_" not in key[0]
        }


def metrics_url(server: RunningServer) -> str:
    """Where the banner says that the figures are."""
    found = re.search(r"\n  metrics +(http://\S+/metrics)\n", server.output)
    assert found, server.output
    return found[1]


def scrape(server: RunningServer) -> Scrape:
    """The figures now; a worker writes its own once a second."""
    answer = httpx.get(metrics_url(server), timeout=60)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    values: dict[tuple[str, Labels], float] = {}
    for family in families.values():
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in values, f"{key} is there twice"
            values[key] = sample.value
    return Scrape(families, values)
