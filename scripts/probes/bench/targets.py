"""The servers that can be measured, by their names."""

from __future__ import annotations

import importlib
from typing import cast

from probes.bench.target import TargetFactory

OURS = "tornchat"
TARGETS = {
    OURS: "probes.bench.own:Own",
    "nchan": "probes.bench.peers.nchan:Nchan",
    "nchan-bare": "probes.bench.peers.nchan:NchanBare",
    "sse-starlette": "probes.bench.peers.sse_starlette:SseStarlette",
    "sse-starlette-bare": "probes.bench.peers.sse_starlette:SseStarletteBare",
    "naive": "probes.bench.peers.naive:Naive",
    "naive-bare": "probes.bench.peers.naive:NaiveBare",
}
"""Name -> module and what in it makes a target."""


def factory(name: str) -> TargetFactory:
    """What makes a target of this name; only its module is imported."""
    module, _, made = TARGETS[name].partition(":")
    return cast(TargetFactory, getattr(importlib.import_module(module), made))
