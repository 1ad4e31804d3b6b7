"""``docs/delivery-figures.md``, written from the committed results of load probes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Any

from probes.loads.numbers import median
from probes.loads.outcome import shown
from probes.rig.node import ROOT

PAGE = ROOT / "docs" / "delivery-figures.md"
RESULTS = ROOT / "docs" / "proof" / "loads"
_TEMPLATE = Path(__file__).with_name("figures.md")
PROBES = ("drain", "storm", "slow")

Found = dict[str, Any]


def runs(folder: Path = RESULTS) -> list[Found]:
    """The results in a folder, by the names of their files."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def page(found: Sequence[Found]) -> str:
    """The page in Markdown."""
    parts = {probe: [run for run in found if run["probe"] == probe] for probe in PROBES}
    return Template(_TEMPLATE.read_text("utf-8")).substitute(
        {probe: _section(part) for probe, part in parts.items()},
        machine="; ".join(dict.fromkeys(_machine(run) for run in found)) or "nothing yet",
    )


def _section(found: Sequence[Found]) -> str:
    """The runs of one probe, those of each command together."""
    groups: dict[str, list[Found]] = {}
    for run in found:
        groups.setdefault(_shape(run), []).append(run)
    return "\n\n".join(_group(shape, group) for shape, group in groups.items()) or "Not run yet."


def _group(shape: str, group: Sequence[Found]) -> str:
    verdicts = ", ".join(run["verdict"] for run in group)
    lines = [f"`{shape}`, runs: {len(group)}. Verdict: **{verdicts}**.", "", _claims(group), ""]
    voids = list(dict.fromkeys(run["void"] for run in group if run["void"]))
    if voids:
        lines += ["The machine was not at rest: " + "; ".join(voids) + ".", ""]
    lines.append(_figures(group))
    for run in group[:1]:
        for name, counts in run["bars"].items():
            lines += ["", f"In the first run, {name}: {' '.join(map(str, counts))}."]
    return "\n".join(lines)


def _claims(group: Sequence[Found]) -> str:
    rows = []
    for number, claim in enumerate(group[0]["claims"]):
        values = [run["claims"][number]["value"] for run in group]
        met = sum(run["claims"][number]["met"] for run in group)
        sense = "at least" if claim["at least"] else "at most"
        limit = f"{sense} {shown(claim['limit'])}"
        rows.append((claim["what"], limit, *map(shown, values), f"{met} of {len(group)}"))
    return _table(("claim", "limit", *_numbers(group), "met"), rows)


def _figures(group: Sequence[Found]) -> str:
    rows = []
    for name in group[0]["figures"]:
        values = [run["figures"][name] for run in group if name in run["figures"]]
        spread = f"{shown(min(values))} to {shown(max(values))}"
        rows.append((name, shown(median(values)), spread))
    return _table(("figure", "median", "spread"), rows)


def _shape(run: Found) -> str:
    """The command without what differs from run to run."""
    words = run["command"].split()
    kept = []
    while words:
        word = words.pop(0)
        if word in ("--json", "--seed", "--keep"):
            words.pop(0)
        else:
            kept.append(word)
    return " ".join(kept)


def _machine(run: Found) -> str:
    of = run["versions"]["tornchat"]
    parts = (run["machine"]["machine"], f"Python {of['python']}", of["redis"], of["database"])
    day = run["date"].partition(" ")[0]
    return ", ".join([*(part for part in parts if part), day])


def _numbers(group: Sequence[Found]) -> list[str]:
    return [f"run {number}" for number in range(1, len(group) + 1)]


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
