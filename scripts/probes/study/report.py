"""The report of the study: ``README.md``, its plots and ``runs.csv``, from the data alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template

from probes.bench.result import Result, Verdict
from probes.bench.show import shown
from probes.study import answers, drawing, even, sections, store
from probes.study.matrix import ABOUT
from probes.study.pictures import drawn
from probes.study.reading import Study
from probes.study.scaling import PARTS, Scaling
from probes.study.words import bullets, listed, table

PAGE = "README.md"
_TEMPLATE = Path(__file__).with_name("study.md")
_CALLED = {
    Verdict.GOOD: "good",
    Verdict.REFUSED: "without a verdict",
    Verdict.FAILED: "failed",
}
_WRONG = {"lost": "lost", "doubled": "doubled", "disordered": "out of order"}
_NOISY = 0.1
"""Share of runs without a verdict, from which on the report warns of it."""


def write(folder: Path, results: Mapping[str, Result]) -> list[Path]:
    """Returns the files."""
    store.write_csv(folder, results)
    study = Study(results)
    plots = drawing.draw(study, folder)
    file = folder / PAGE
    file.write_text(page(study), "utf-8")
    return [*plots, folder / store.CSV, file]


def page(study: Study) -> str:
    """The report in Markdown."""
    crowd, rate = answers.crowd(study)
    scaling = Scaling(study.results)
    often = Scaling(study.results, PARTS[1]).interval
    text = Template(_TEMPLATE.read_text("utf-8")).substitute(
        crowd=crowd,
        rate=rate,
        limit=f"{scaling.limit:g} ms",
        small=_small(scaling.quota or Scaling(study.results, PARTS[1]).quota),
        often=f"; short polls each {often:g} s, which they may take longer" if often else "",
        first_order=answers.first_order(study),
        answer=answers.answer(study),
        size=_span(study, "size"),
        seconds=_span(study, "seconds"),
        warm_up=_span(study, "warm_up"),
        repeats=_ends([len(group.runs) for group in study.groups]),
        delay=sections.delay(study),
        trips=sections.trips(study),
        rates=sections.rates(study),
        members=sections.members(study),
        freshness=even.freshness(study),
        wire=sections.wire(study),
        idle=sections.idle(study),
        network=sections.network(study),
        capacity=sections.capacity(study),
        earlier=answers.earlier(study),
        caveats=_caveats(study),
        parts=_parts(study),
        deliveries=shown(sum(run.figures.get("deliveries", 0) for run in study.runs)),
        wrong=_wrong(study),
        machine="; ".join(dict.fromkeys(_machines(study))),
        versions="; ".join(f"{name} {version}" for name, version in _versions(study).items()),
    )
    return _without_missing_plots(text, study)


def _small(quota: float) -> str:
    """Whoever reads one row alone shall not take it for what a processor does."""
    return f", on a node that may use {quota:.0%} of a processor" if quota else ""


def _caveats(study: Study) -> str:
    """Those that only some data have."""
    refused = sum(run.verdict is Verdict.REFUSED for run in study.runs)
    forms = {one.settings.get("form") for one in study.results.values()}
    noisy = refused > _NOISY * len(study.runs)
    quiet = f"{refused} of {len(study.runs)} runs have no verdict: the machine was not quiet."
    return bullets(
        [
            f"{quiet} Ratios of pairs suffer less from it than milliseconds." if noisy else "",
            "This is the quick form, with short runs and few cells." if "quick" in forms else "",
            "With three runs, intervals are too narrow rather than too wide.",
        ]
    )


def _parts(study: Study) -> str:
    rows = []
    for part, one in study.results.items():
        verdicts = [run.verdict for run in one.runs]
        counts = [f"{verdicts.count(v)} {called}" for v, called in _CALLED.items() if v in verdicts]
        about = ABOUT.get(part, "")
        form = one.settings.get("form", "")
        rows.append((f"[{part}](data/{part}.json)", about, ", ".join(counts), form, one.date))
    return table(("part", "what it varies", "runs", "form", "date"), rows)


def _wrong(study: Study) -> str:
    counts = (
        f"{shown(sum(run.figures.get(figure, 0) for run in study.runs))} {called}"
        for figure, called in _WRONG.items()
    )
    return ", ".join(counts)


def _machines(study: Study) -> list[str]:
    return [", ".join(one.machine.values()) for one in study.results.values()]


def _versions(study: Study) -> dict[str, str]:
    known: dict[str, str] = {}
    for one in study.results.values():
        for versions in one.versions.values():
            for name, version in versions.items():
                known.setdefault(name, version)
    return known


def _span(study: Study, parameter: str) -> str:
    known = [run.parameters[parameter] for run in study.runs if parameter in run.parameters]
    return _ends(known)


def _ends(values: list[float] | list[int]) -> str:
    """The least and the greatest."""
    if not values:
        return "no"
    return listed([f"{value:g}" for value in sorted({min(values), max(values)})]).replace(
        " and ", " to "
    )


def _without_missing_plots(text: str, study: Study) -> str:
    """A plot for which there are no data has no file."""
    known = {f"]({name}.png)" for name, _, _ in drawn(study)}
    lines = text.splitlines()
    kept = [
        line for line in lines if not line.startswith("![") or any(end in line for end in known)
    ]
    return "\n".join(kept).replace("\n\n\n", "\n\n") + "\n"
