"""What a peer needs is installed when it is first asked for, and never into our own environment."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from probes.rig.children import CannotRun
from probes.rig.node import ROOT

_ENVIRONMENTS = ROOT / "var" / "lab"
_SECONDS = 600


def debian(*packages: str) -> None:
    """Install Debian packages the way our scripts do. Raises `CannotRun`."""
    _run(["bash", "-c", 'source scripts/lib.sh && apt_install "$@"', "bash", *packages])


def python_with(requirements: Path) -> str:
    """The Python of an environment of the lab's own that has these. Raises `CannotRun`."""
    folder = _ENVIRONMENTS / requirements.stem
    python = folder / "bin" / "python"
    done = folder / "installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not done.exists() or done.read_text() != wanted:
        print(f"Installing what {requirements.name} lists into {folder} ...", file=sys.stderr)
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "-r", str(requirements)])
        done.write_text(wanted)
    return str(python)


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=sys.stderr,
            stderr=subprocess.PIPE,
            text=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise CannotRun(f"installing took more than {_SECONDS} s: {' '.join(command)}") from None
    if done.returncode:
        last = "\n".join(done.stderr.splitlines()[-5:])
        raise CannotRun(f"what a peer needs could not be installed: {last}")
