"""nginx with nchan, a module in C: the fastest server of Server-Sent Events that one can install.

Redis is in the path, as in ours, in the mode ``distributed``: Redis stores each message and tells
every nginx, so that any of them can serve any subscriber and one who comes back gets what it
missed. It is the mode with the guarantee that ours gives. ``nostore`` gives none, and cost the same
per delivery; ``backup`` hands a message on before Redis has it and serves one nginx only.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from probes.bench.peers import installing
from probes.bench.peers.base import Peer
from probes.bench.peers.body import Body
from probes.bench.target import MARKER_PATTERN, SseScan
from probes.rig.facts import version

_TEMPLATE = Path(__file__).with_name("nchan.conf")
_MODULES = (Path("/usr/lib/nginx/modules"), Path("/usr/lib64/nginx/modules"))
_MODULE = "ngx_nchan_module.so"
_MODE = "distributed"
_SPARE_CONNECTIONS = 500


class Nchan(Peer):
    """One worker process of nginx; its master does nothing meanwhile."""

    name = "nchan"

    def prepare(self) -> None:
        if _nginx() is None or _module() is None:
            installing.debian("nginx", "libnginx-mod-nchan")

    def command(self) -> Sequence[str]:
        nginx = _nginx()
        assert nginx is not None
        configuration = self.folder / "nginx.conf"
        configuration.write_text(self.configuration())
        return [nginx, "-e", str(self.folder / "error.log"), "-c", str(configuration)]

    def configuration(self) -> str:
        """What nginx is told."""
        return Template(_TEMPLATE.read_text("utf-8")).substitute(
            module=_module(),
            folder=self.folder,
            port=self.port,
            redis=self.redis.port,
            mode=_MODE,
            connections=self.shape.subscribers + _SPARE_CONNECTIONS,
            heartbeat=round(self.shape.heartbeat),
        )

    def workers(self) -> Sequence[int]:
        return sorted(self.children())

    def versions(self) -> Mapping[str, str]:
        return {
            "nginx": version([_nginx() or "nginx", "-v"], stderr=True).rpartition("/")[2],
            "nchan": re.sub(r".*:|[+-].*", "", version(_PACKAGE)),
            "storage": _MODE,
            **super().versions(),
        }

    def _scan(self) -> SseScan:
        if self.shape.rooms > 1:
            # An id of several channels says where each of them is; there is no order in it.
            return super()._scan()
        pattern = rb"id: (?P<id>\d+:\d+)\ndata: " + MARKER_PATTERN
        return SseScan(pattern, lambda id: tuple(map(int, id.split(b":"))))


class NchanBare(Nchan):
    """The same, with nothing but the text."""

    name = "nchan-bare"
    body = Body.BARE


_PACKAGE = ["dpkg-query", "-W", "-f", "${Version}", "libnginx-mod-nchan"]


def _nginx() -> str | None:
    """Debian keeps what an administrator starts in /usr/sbin."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin:/usr/local/sbin")


def _module() -> Path | None:
    return next((at / _MODULE for at in _MODULES if (at / _MODULE).exists()), None)
