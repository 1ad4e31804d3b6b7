"""What a run's figures are worth."""

from __future__ import annotations

from probes.bench import sample
from probes.bench.client import Client
from probes.bench.pinning import Places
from probes.bench.result import Run, Verdict
from probes.bench.scenarios import Scenario
from probes.bench.window import Window
from probes.network.through import Way

BUSY = 0.9
"""A processor that works so much of its time is the limit."""
_KEPT_UP = 0.95
_FEW = 2
"""Messages that may be on their way when a run begins or ends, at any rate."""
OTHERS = 0.1
"""More than this of a processor, taken by somebody else, and times on the clock mean nothing."""
LATE_MS = 5.0
"""A line that lets segments go so much later than it should adds to what it is to show."""


def judge(run: Run, client: Client, window: Window, places: Places, scenario: Scenario) -> None:
    """Give the run its verdict, with the reasons, and the figures that belong to it."""
    _completeness(run, client, scenario)
    _keeping_up(run)
    if not window.used.roles:  # where the server's processes are not known, nobody is another
        refuse(run, window.client_share, None)
        return
    server_others = window.others_share(
        places.server, window.used.server + (window.client_seconds if places.shared else 0.0)
    )
    client_others = window.others_share(places.client, window.client_seconds)
    run.figures["others_share"] = server_others
    if places.shared:
        run.notes.append("server and client share processors: only what things cost means anything")
        return
    refuse(run, window.client_share, run.figures["server_share"])
    disturbed(run, max(server_others, client_others))


def network(run: Run, way: Way) -> None:
    """Say what the line between client and server carried; refuse a verdict where it could not
    keep to its own schedule."""
    if way.line is None:
        return
    counts = way.line.counts()
    run.figures |= {
        "network_segments": counts.segments,
        "network_lost_segments": counts.lost,
        "network_late_p99_ms": counts.late_p99_ms,
    }
    if counts.late_p99_ms > LATE_MS:
        refused(run, f"the network was the limit: p99 {counts.late_p99_ms:.1f} ms too late")


def _keeping_up(run: Run) -> None:
    """Say where less came than was offered: then a queue grew as long as the run went on."""
    offered = run.figures.get("offered_per_s", 0.0)
    came = run.figures.get("achieved_per_s", offered)
    behind = (offered - came) * run.figures.get("seconds", 0.0)
    if came < _KEPT_UP * offered and behind > _FEW:
        run.notes.append(f"{offered:.3g} messages a second were offered, and {came:.3g} came")


def refuse(run: Run, client: float, server: float | None) -> None:
    """Refuse a verdict where the client was the limit; shares are those of their processors."""
    if client > BUSY and (server is None or server < BUSY):
        known = "unknown" if server is None else f"{server:.0%}"
        refused(run, f"the client was the limit: it was busy {client:.0%}, the server {known}")


def disturbed(run: Run, others: float) -> None:
    """Refuse a verdict where somebody else took such a share of the processors."""
    if others > OTHERS:
        refused(run, f"others took {others:.0%} of the processors")


def refused(run: Run, why: str) -> None:
    """A run has no verdict, for that reason; one that failed stays failed."""
    run.notes.append(why)
    if run.verdict is Verdict.GOOD:
        run.verdict = Verdict.REFUSED


def _completeness(run: Run, client: Client, scenario: Scenario) -> None:
    found = client.judge()
    posters = client.posters
    run.figures |= {
        "lost": found.lost,
        "doubled": found.doubled,
        "disordered": found.disordered,
        "refused_posts": posters.refused,
    }
    wrong = [
        f"{number:,} {what}"
        for number, what in (
            (found.lost, "deliveries lost"),
            (found.doubled, "doubled"),
            (found.disordered, "out of order"),
            (found.forged, "of messages that nobody sent"),
            (posters.unanswered, "posts not answered"),
        )
        if number
    ]
    wrong += [f"{times} x {why} for a post" for why, times in posters.refusals.most_common(3)]
    if scenario.transport == "sse":
        wrong += [why for given in client.subscribers.samples() if (why := sample.differs(*given))]
    if wrong:
        run.verdict = Verdict.FAILED
        run.notes += wrong
