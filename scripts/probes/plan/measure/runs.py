"""Runs of these measurements, as results keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from probes.bench.result import Run

Tell = Callable[[str], None]


def run(scenario: str, number: int, figures: dict[str, float], **parameters: Any) -> Run:
    """One measurement of ours."""
    return Run("tornchat", scenario, number, parameters, figures)
