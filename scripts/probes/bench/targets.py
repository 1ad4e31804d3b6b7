"""The servers that can be measured, by their names."""

from __future__ import annotations

import importlib
from typing import cast

from probes.bench.target import TargetFactory

OURS = "tornchat"
TARGETS = {OURS: "probes.bench.own:Own"}
"""Name -> module and what in it makes a target."""


def factory(name: str) -> TargetFactory:
    """What makes a target of this name; only its module is imported."""
    module, _, made = TARGETS[name].partition(":")
    return cast(TargetFactory, getattr(importlib.import_module(module), made))
