"""A few streams, taken apart as a browser would, to hold the quick scan to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from probes.bench.following import CALLS
from probes.bench.target import MARKER_PATTERN
from probes.exchange import Answer
from tornchat.wire.sse import Decoder

_MARKER = re.compile(MARKER_PATTERN.decode())


def differs(raw: bytes, scanned: Sequence[int]) -> str:
    """What is wrong, or nothing: ``raw`` is all that came on a stream of Server-Sent Events, and
    ``scanned`` the messages that were found in it."""
    markers = [_MARKER.search(event.data) for event in Decoder().feed(Answer().feed(raw))]
    decoded = [number for marker in markers if marker and (number := int(marker["seq"])) < CALLS]
    if decoded == list(scanned):
        return ""
    return f"a stream has {len(decoded)} messages, and {len(scanned)} were found by scanning it"
