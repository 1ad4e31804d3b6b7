"""``python -m tornchat``: the commands of `tornchat.cli`."""

import sys

from tornchat.cli import main

if __name__ == "__main__":
    sys.exit(main())
