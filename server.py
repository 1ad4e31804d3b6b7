#!/usr/bin/env python3
"""The server, from a checkout: ``server.py [serve] [options]``; ``server.py --help`` says more."""

import sys

from tornchat.cli import main

if __name__ == "__main__":
    sys.exit(main())
