"""Two nginx in a row, as they are in many houses: the inner one does everything right, and the
outer one is as it was installed.

The server says `X-Accel-Buffering: no`, which an nginx obeys and does not pass on. So the outer one
never hears of it, and buffers. It does not pass the upgrade to WebSocket on, either.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

import httpx

from tests.proxies import free_ports
from tests.running import until

_CONFIGURATION = """
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
daemon off;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{outer};
        location / {{
            proxy_pass http://127.0.0.1:{inner};
            proxy_set_header Host $http_host;
        }}
    }}
    server {{
        listen 127.0.0.1:{inner};
        location / {{
            proxy_pass http://127.0.0.1:{port};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_buffering off;
            proxy_read_timeout 75s;
        }}
    }}
}}
"""


class CarelessProxies:
    """In front of the server at ``port``; ``url`` is what a browser is given."""

    def __init__(self, folder: Path, port: int) -> None:
        outer, inner = free_ports(2)
        self.url = f"http://127.0.0.1:{outer}"
        path = folder / "nginx.conf"
        path.write_text(_CONFIGURATION.format(folder=folder, outer=outer, inner=inner, port=port))
        with (folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                ["nginx", "-p", str(folder), "-c", str(path)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        until(self._passes_on, 60, f"nginx: {(folder / 'output').read_text()}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)

    def _passes_on(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/healthz").status_code == 200
        return False
