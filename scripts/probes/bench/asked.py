"""What is wrong with the options that were given is said in one line, before anything starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from probes.bench.own import SCANS
from probes.rig.children import CannotRun

_LEAST_SECONDS = 0.01


def demand(given: Mapping[str, object], least: Mapping[str, float]) -> None:
    """Options that were given are no less than this. Raises `CannotRun`, for NaN as well."""
    for name, value in least.items():
        number = given[name]
        if isinstance(number, int | float) and not number >= value:
            raise CannotRun(f"--{name.replace('_', '-')}: {number:g} is too little")


def transports(text: str, known: Collection[str] = tuple(SCANS)) -> list[str]:
    """Of a list with commas. Raises `CannotRun`."""
    found = text.split(",")
    for transport in found:
        if transport not in SCANS:
            raise CannotRun(f"{transport!r} is no transport; there are: {', '.join(known)}")
        if transport not in known:
            raise CannotRun(f"{transport!r} takes no part; there are: {', '.join(known)}")
    return found


def seconds(option: str, text: str) -> list[float]:
    """Of a list of durations with commas. Raises `CannotRun`."""
    try:
        found = [float(word) for word in text.split(",")]
    except ValueError:
        raise CannotRun(f"--{option}: {text!r} is no list of seconds") from None
    for one in found:
        demand({option: one}, {option: _LEAST_SECONDS})
    return found
