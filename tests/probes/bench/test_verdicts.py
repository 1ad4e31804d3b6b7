"""A run says when its figures say nothing of the server."""

from __future__ import annotations

import pytest
from probes.bench.judging import refuse
from probes.bench.result import Run, Verdict


@pytest.mark.parametrize(
    ("client", "server", "verdict"),
    [
        (0.5, 1.0, Verdict.GOOD),
        (0.95, 0.97, Verdict.GOOD),
        (0.95, 0.6, Verdict.REFUSED),
        (0.95, None, Verdict.REFUSED),
        (0.5, None, Verdict.GOOD),
    ],
)
def test_a_client_that_was_the_limit_has_no_verdict(
    client: float, server: float | None, verdict: Verdict
) -> None:
    run = Run("tornchat", "saturation", 1, {}, {})
    refuse(run, client, server)
    assert run.verdict is verdict
    assert len(run.notes) == (verdict is Verdict.REFUSED)


def test_a_run_that_failed_stays_failed() -> None:
    run = Run("tornchat", "saturation", 1, {}, {}, Verdict.FAILED)
    refuse(run, 0.95, 0.5)
    assert run.verdict is Verdict.FAILED
