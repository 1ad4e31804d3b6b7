"""The report of the study: ``README.md``, its plots and ``runs.csv``, from the data alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template

from probes.bench.result import Result, Run, Verdict
from probes.bench.show import shown
from probes.study import answers, drawing, store
from probes.study.matrix import ABOUT
from probes.study.reading import Study
from probes.study.words import bullets, listed, table

PAGE = "README.md"
_TEMPLATE = Path(__file__).with_name("study.md")
_PARTS = {
    **ABOUT,
    "scale": "the largest room within a limit, for one, two and three nodes",
    "idle": "members to whom nothing is said",
}


def write(folder: Path, results: Mapping[str, Result]) -> list[Path]:
    """Returns the files."""
    store.write_csv(folder, dict(results))
    study = Study(results)
    plots = drawing.draw(study, folder)
    file = folder / PAGE
    file.write_text(page(study), "utf-8")
    return [*plots, folder / store.CSV, file]


def page(study: Study) -> str:
    """The report in Markdown."""
    text = Template(_TEMPLATE.read_text("utf-8")).substitute(
        first_order=answers.first_order(study),
        answer=answers.answer(study),
        method=_method(study),
        delay=answers.delay(study),
        rate=answers.rate(study),
        members=answers.members(study),
        freshness=answers.freshness(study),
        wire=answers.wire(study),
        network=answers.network(study),
        capacity=answers.capacity(study),
        earlier=answers.earlier(study),
        threats=_threats(study),
        data=_data(study),
    )
    return _without_missing_plots(text, study)


def _method(study: Study) -> str:
    runs = study.runs
    sizes = {run.parameters["size"] for run in runs if "size" in run.parameters}
    repeats = sorted({len(group.runs) for group in study.groups})
    seconds = sorted({run.parameters["seconds"] for run in runs if "seconds" in run.parameters})
    warm_up = sorted({run.parameters["warm_up"] for run in runs if "warm_up" in run.parameters})
    return bullets(
        [
            "**Server**: Tornchat with one worker, unless a row says otherwise, with its own Redis, whose log "
            "goes to the disk, and SQLite. Accounts, rooms, rights, nonces and archive are in the path; only "
            "limits of the rate are lifted. Everybody is in one room; texts have "
            f"{listed([f'{size}' for size in sorted(sizes)])} bytes.",
            "**Client**: one thread behind one epoll, which looks at every byte of every member. A message that "
            "is lost, doubled or out of order for anybody fails the run.",
            "**Load**: an open loop. Messages have moments at which they are meant to be sent, and delays count "
            "from there, on one clock, into an HdrHistogram. Short polls have phases spread over the interval, "
            "and each is due one interval after the one before, however long an answer takes.",
            "**Pinning**: the server, with all it needs, has the first processor (two for two workers), "
            "the client the last one. Nothing else was to run.",
            f"**Turns**: each cell was run {_span(repeats)} times, for {_span(seconds)} seconds after "
            f"{_span(warm_up)} of warm-up. Each repetition has a server of its own, on which all cells "
            "take turns in an order by chance, and transports of the same cell follow each other: what disturbs "
            "one disturbs all. Comparisons are of pairs of the same repetition.",
            "**Intervals**: 95 %, by the percentile bootstrap over runs. From three runs it cannot reach beyond "
            "the least and the greatest of them.",
            "**Verdicts**: where the client was busy more than 90 % while the server was not, or others took more "
            "than 10 % of a processor, a run has none. It counts only where there is no other, and is marked `*`. "
            "Processor time, bytes and requests are counted, not clocked, and always count.",
        ]
    )


def _threats(study: Study) -> str:
    refused = sum(run.verdict is Verdict.REFUSED for run in study.runs)
    forms = {str(one.settings.get("form", "")) for one in study.results.values()} - {""}
    return bullets(
        [
            f"{refused} of {len(study.runs)} runs have no verdict: this machine was not quiet. Ratios of pairs "
            "suffer less than milliseconds."
            if refused * 10 > len(study.runs)
            else "",
            "This is the quick form: short runs and few cells. The full form is `scripts/lab study`."
            if "quick" in forms
            else "",
            "Client and server share one machine: loopback has no round trip to speak of, which is what Comet saves. "
            "The rows with a network add delay, jitter and loss by a proxy of our own, which knows nothing of "
            "bandwidth and congestion windows.",
            "A processor that does other work at the same time has cold caches: processor time per delivery then "
            "rises, for all.",
            "Few repetitions: with three, the bootstrap's intervals are too narrow rather than too wide.",
            "One server, one language, one design. Polls and streams are served by it from the same log with care for "
            "both; another server may have another ratio. In particular what a poll costs is what *this* server needs "
            "to know who asks and what is new.",
            "Members here are alike and all in one room. A messenger has many rooms, and most of them are quiet.",
            "Processor time is counted by the kernel in steps of 10 ms for each process: in short runs with little load "
            "that is some percent.",
        ]
    )


def _data(study: Study) -> str:
    rows = [
        (
            f"[{part}](data/{part}.json)",
            _PARTS.get(part, ""),
            _verdicts(one.runs),
            str(one.settings.get("form", "")),
            one.date,
        )
        for part, one in study.results.items()
    ]
    deliveries = sum(run.figures.get("deliveries", 0) for run in study.runs)
    wrong = {
        name: sum(run.figures.get(figure, 0) for run in study.runs)
        for name, figure in (
            ("lost", "lost"),
            ("doubled", "doubled"),
            ("out of order", "disordered"),
        )
    }
    said = ", ".join(f"{shown(number)} {name}" for name, number in wrong.items())
    parts = [
        table(("part", "what it varies", "runs", "form", "date"), rows),
        f"In {shown(deliveries)} deliveries that were measured: {said}. All figures of all runs are in "
        "[runs.csv](runs.csv); the JSON files hold the histograms, too.",
        f"Machine: {_machines(study.results.values())}. {_versions(study.results.values())}.",
    ]
    return "\n\n".join(parts)


def _machines(results: Iterable[Result]) -> str:
    return "; ".join(dict.fromkeys(", ".join(one.machine.values()) for one in results))


def _versions(results: Iterable[Result]) -> str:
    known: dict[str, str] = {}
    for one in results:
        for versions in one.versions.values():
            for name, version in versions.items():
                known.setdefault(name, version)
    return "; ".join(f"{name} {version}" for name, version in known.items())


def _verdicts(runs: Iterable[Run]) -> str:
    verdicts = [run.verdict for run in runs]
    called = {
        Verdict.GOOD: "good",
        Verdict.REFUSED: "without a verdict",
        Verdict.FAILED: "failed",
    }
    counts = [f"{verdicts.count(one)} {name}" for one, name in called.items() if one in verdicts]
    return ", ".join(counts)


def _span(values: list[float] | list[int]) -> str:
    if not values:
        return "no"
    first, last = values[0], values[-1]
    return f"{first:g}" if first == last else f"{first:g} to {last:g}"


def _without_missing_plots(text: str, study: Study) -> str:
    """A plot for which there are no data has no file."""
    known = {f"]({name}.png)" for name, _, _ in drawing.pictures.drawn(study)}
    lines = text.splitlines()
    kept = [
        line for line in lines if not line.startswith("![") or any(end in line for end in known)
    ]
    return "\n".join(kept) + "\n"
