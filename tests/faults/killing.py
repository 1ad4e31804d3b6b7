"""Ending a whole server the hard way."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from tests.running import RunningServer, command_line, until


def kill_everything(server: RunningServer) -> None:
    """SIGKILL for the embedded Redis, the workers and the supervisor, as good as at once."""
    victims = [server.redis(), *server.workers(), server.process.pid]
    for victim in victims:
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    server.process.wait(60)
    until(lambda: not any(map(command_line, victims)), 60, "everything to be gone")
