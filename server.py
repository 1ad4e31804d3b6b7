#!/usr/bin/env python3
"""The server, from a checkout: ``server.py [serve] [options]``; ``server.py --help`` says more."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

OWN_PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"

if __name__ == "__main__":
    if find_spec("sqlalchemy") is None or find_spec("tornado") is None:
        # Started with a Python that lacks what is needed, such as the system's.
        if OWN_PYTHON.exists() and Path(sys.prefix) != OWN_PYTHON.parent.parent:
            os.execv(OWN_PYTHON, [str(OWN_PYTHON), *sys.argv])  # noqa: S606 - ourselves
        print("tornchat: run scripts/serve once: it installs what is needed", file=sys.stderr)
        sys.exit(2)
    from tornchat.cli import main

    sys.exit(main())
