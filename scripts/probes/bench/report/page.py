"""The page in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template

from probes.bench.figures import FIGURES
from probes.bench.report.asked import CLAIMS
from probes.bench.report.claims import Claim
from probes.bench.report.evidence import Evidence, counting
from probes.bench.report.pictures import PICTURES, Picture
from probes.bench.result import Verdict
from probes.bench.scenarios import SCENARIOS
from probes.bench.series import Series
from probes.bench.show import shown
from probes.loads.numbers import median

_TEMPLATE = Path(__file__).with_name("performance.md")
_OF_MESSAGES = ("messages_per_s", "cpu_us_per_message")
"""Figures, by how they begin, that say nothing more where there are deliveries."""
_FACTS = ("server_share", "client_share", "others_share", "bytes_per_delivery")
"""Figures that are no merit, and say how to take the others."""
_NAMED = ("subscribers", "rate", "in_flight", "rooms", "members", "workers", "transport", "size")


def page(evidence: Evidence) -> str:
    """``docs/performance.md``."""
    return Template(_TEMPLATE.read_text("utf-8")).substitute(
        machine=_machine(evidence),
        asked=_asked(evidence),
        missed=_missed(evidence),
        pictures=_pictures(evidence),
        versions=_versions(evidence),
        scenarios=_scenarios(evidence),
    )


def _machine(evidence: Evidence) -> str:
    made = (
        ", ".join([*result.machine.values(), result.date.partition(" ")[0]])
        for result in evidence.results
    )
    return "; ".join(dict.fromkeys(made)) or "nothing yet"


def _asked(evidence: Evidence) -> str:
    rows = []
    for claim in CLAIMS:
        found = claim.found(evidence)
        verdict = claim.verdict(evidence)
        rows.append(
            (
                claim.what,
                claim.asked,
                found.shown if found else "",
                found.runs if found else 0,
                f"**{verdict}**" if verdict == "missed" else verdict,
                evidence.remarks.get(claim.key, ""),
            )
        )
    return _table(("what", "asked", "measured", "runs", "verdict", "remark"), rows)


def _missed(evidence: Evidence) -> str:
    def named(verdict: str) -> Sequence[Claim]:
        return [claim for claim in CLAIMS if claim.verdict(evidence) == verdict]

    verdicts = ("met", "missed", "no verdict", "not measured")
    counts = [f"{len(named(verdict))} {verdict}" for verdict in verdicts if named(verdict)]
    return f"Of {len(CLAIMS)}: {', '.join(counts)}."


def _pictures(evidence: Evidence) -> str:
    def shown_there(name: str, picture: Picture) -> str:
        return f"![{picture.about}](performance/{name}.svg)"

    drawn = [shown_there(name, one) for name, one in PICTURES.items() if one.data(evidence).of]
    return "\n\n".join(drawn)


def _versions(evidence: Evidence) -> str:
    known: dict[str, dict[str, str]] = {}
    for result in evidence.results:
        for target, versions in result.versions.items():
            known.setdefault(target, versions)
    rows = [
        (target, "; ".join(f"{what} {version}" for what, version in versions.items()))
        for target, versions in known.items()
    ]
    return _table(("target", "made of"), rows)


def _scenarios(evidence: Evidence) -> str:
    """A part for each scenario and its parameters, with a column for each target."""
    groups: dict[str, dict[str, list[Series]]] = {}
    for series in evidence.series:
        title = f"{series.scenario}: {_parameters(series)}"
        groups.setdefault(title, {}).setdefault(series.target, []).append(series)
    parts = []
    for title, targets in groups.items():
        scenario = SCENARIOS.get(title.partition(":")[0])
        about = f"{scenario.about[0].upper()}{scenario.about[1:]}." if scenario else ""
        parts.append("\n\n".join([f"## {title}", about, _figures(targets)]))
    return "\n\n".join(parts)


def _parameters(series: Series) -> str:
    given = series.parameters
    known = {name.replace("_", " "): given[name] for name in _NAMED if given.get(name)}
    return ", ".join(
        f"{name} {value if isinstance(value, str) else shown(value)}"
        for name, value in known.items()
    )


def _figures(targets: dict[str, list[Series]]) -> str:
    columns = [counting(series) for series in targets.values()]
    delivered = any(one.has("deliveries_per_s") for column in columns for one in column)
    rows: list[Sequence[object]] = []
    for name, figure in FIGURES.items():
        if not figure.better and name not in _FACTS:
            continue
        if delivered and name.startswith(_OF_MESSAGES):
            continue
        cells = [_cell(series, name) for series in columns]
        if any(cells):
            rows.append((figure.label, *cells))
    rows.append(("lost, doubled, out of order", *map(_wrong, targets.values())))
    rows.append(("runs", *map(_runs, targets.values())))
    return _table(("", *targets), rows)


def _cell(series: Iterable[Series], figure: str) -> str:
    values = [value for one in series for value in one.values(figure).values()]
    if not values:
        return ""
    low, high = shown(min(values)), shown(max(values))
    return shown(median(values)) + (f" ({low} to {high})" if low != high else "")


def _wrong(series: Iterable[Series]) -> str:
    runs = [run for one in series for run in one.runs]
    counts = (
        sum(run.figures.get(figure, 0) for run in runs)
        for figure in ("lost", "doubled", "disordered")
    )
    return ", ".join(shown(count) for count in counts)


def _runs(series: Sequence[Series]) -> str:
    verdicts = [run.verdict for one in series for run in one.runs]
    counts = {
        "good": verdicts.count(Verdict.GOOD),
        "without a verdict": sum(one.refused for one in series),
        "failed": sum(one.failed for one in series),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
