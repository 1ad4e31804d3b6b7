"""What figures were made on: the machine and the versions."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path

from probes.rig.node import ROOT


def machine() -> dict[str, str]:
    """The machine, and what of Tornchat runs on it."""
    return {
        "machine": f"{platform.system()} {platform.machine()}, {_cpus()}",
        "python": platform.python_version(),
        "tornchat": version([sys.executable, str(ROOT / "server.py"), "--version"]),
        "commit": version(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]),
    }


def version(command: list[str], *, stderr: bool = False) -> str:
    """The first line of what a command says, on standard error where it says it there; empty where
    it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return (done.stderr if stderr else done.stdout).strip().partition("\n")[0]


def short(version: str) -> str:
    """``Redis server v=7.0.15 sha=...`` -> ``Redis 7.0.15``."""
    return re.sub(r"^(\w+) server v=(\S+).*", r"\1 \2", version)


def _cpus() -> str:
    info = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip()
        for line in (info.read_text() if info.exists() else "").splitlines()
        if line.startswith("model name")
    ]
    return f"{len(names)} x {names[0]}" if names else platform.processor()
