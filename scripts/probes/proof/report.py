"""``docs/proof.md``, written from the committed results of runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Any

from probes.faults import FAULTS
from probes.rig.node import ROOT

PAGE = ROOT / "docs" / "proof.md"
RESULTS = ROOT / "docs" / "proof"
_TEMPLATE = Path(__file__).with_name("proof.md")

Found = dict[str, Any]


def runs(folder: Path = RESULTS) -> list[Found]:
    """The results in a folder, by their seeds."""
    found = [json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")]
    return sorted(found, key=lambda run: int(run["seed"]))


def page(found: Sequence[Found]) -> str:
    """The page in Markdown."""
    transports = list(found[0]["deliveries by transport"])
    wrong = _sum(run["violations"] for run in found)
    counts = _sum(run["counts"] for run in found)
    ends = _sum(run["ends of visits"] for run in found)
    proven = all(run["proven"] for run in found)
    return Template(_TEMPLATE.read_text("utf-8")).substitute(
        runs=len(found),
        accepted=f"{counts['posts accepted']:,}",
        deliveries=f"{counts['deliveries']:,}",
        strikes=sum(_sum(run["strikes"] for run in found).values()),
        verdict=_verdict(wrong, proven),
        table_runs=_runs(found),
        machine="; ".join(dict.fromkeys(_machine(run) for run in found)) + ".",
        table_violations=_rows((what, f"{count:,}") for what, count in wrong.items()),
        table_matrix=_matrix(found, transports),
        table_broken=_broken(found),
        table_counts=_counts(found, transports, counts),
        table_kinds=_rows(
            (kind, f"{count:,}")
            for kind, count in _sum(run["deliveries by kind of reader"] for run in found).items()
        ),
        table_ends=_rows((why, f"{count:,}") for why, count in ends.most_common(12)),
    )


def _verdict(wrong: Counter[str], proven: bool) -> str:
    said = ", ".join(f"{wrong[what]} {what}" for what in ("lost", "doubled", "reordered", "leaked"))
    return f"**{said}**." if proven else f"{said}. **Not proven.**"


def _machine(run: Found) -> str:
    parts = ("machine", "python", "redis", "database", "tornchat")
    return ", ".join(
        f"Python {run[part]}" if part == "python" else run[part] for part in parts if run[part]
    )


def _runs(found: Sequence[Found]) -> str:
    head = _head("seed", "date", "command", "nodes x workers", "accepted", "deliveries", "verdict")
    return head + _rows(
        (
            run["seed"],
            run["date"],
            f"`{run['command']}`",
            f"{run['nodes']} x {run['workers']}",
            f"{run['counts']['posts accepted']:,}",
            f"{run['counts']['deliveries']:,}",
            "proven" if run["proven"] else "not proven",
        )
        for run in found
    )


def _matrix(found: Sequence[Found], transports: Sequence[str]) -> str:
    strikes = _sum(run["strikes"] for run in found)
    cells: dict[str, Counter[str]] = {fault: Counter() for fault in strikes}
    for run in found:
        for fault, row in run["matrix"].items():
            cells[fault] += Counter(row)
    return _head("fault", "what it is", "times", *transports) + _rows(
        (
            f"`{fault}`",
            FAULTS[fault].about,
            strikes[fault],
            *(cells[fault][transport] for transport in transports),
        )
        for fault in strikes
    )


def _broken(found: Sequence[Found]) -> str:
    broken: dict[str, Counter[str]] = {}
    for run in found:
        for fault, row in run["streams broken"].items():
            broken.setdefault(fault, Counter()).update(row)
    streams = ("sse", "websocket")
    return _head("fault", *streams) + _rows(
        (f"`{fault}`", *(row[stream] for stream in streams)) for fault, row in broken.items()
    )


def _counts(found: Sequence[Found], transports: Sequence[str], counts: Counter[str]) -> str:
    ways = _sum(run["deliveries by transport"] for run in found)
    rows = [(what, f"{count:,}") for what, count in counts.items()]
    rows += [(f"deliveries by {transport}", f"{ways[transport]:,}") for transport in transports]
    return _head("of all runs", "count") + _rows(rows)


def _sum(tables: Iterable[dict[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for table in tables:
        found.update(table)
    return found


def _head(*names: str) -> str:
    return "| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|\n"


def _rows(rows: Iterable[Sequence[object]]) -> str:
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)
