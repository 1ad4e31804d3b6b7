"""What every request goes through: the host, the origin, who sends it, and errors as problems."""

from __future__ import annotations

import ipaddress
import json
import logging
import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

from tornado import httputil, web
from tornado.http1connection import HTTP1Connection

from tornchat.chat import accounts
from tornchat.chat.context import Chat, Identity
from tornchat.domain import errors
from tornchat.domain.audit import Source
from tornchat.domain.devices import device_of
from tornchat.handlers import asking
from tornchat.hub.hub import Hub
from tornchat.wire import websocket
from tornchat.wire.browser import to_json

logger = logging.getLogger(__name__)

MOST_BODY_BYTES = 256 * 1024
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
JSON = "application/json; charset=utf-8"
PROBLEM = "application/problem+json; charset=utf-8"
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": API_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer."""
WORKER_HEADER = "Tornchat-Worker"
"""Of the 201 to a message: the process that took it, named as in the `hello` of its streams."""


@dataclass(slots=True)
class Site:
    """How the server is seen from outside. ``origin`` is its public address behind a proxy."""

    origin: str | None = None
    hosts: frozenset[str] = frozenset()
    any_address: bool = False

    @property
    def secure(self) -> bool:
        return self.origin is not None and self.origin.startswith("https:")

    @property
    def behind_proxy(self) -> bool:
        return self.origin is not None

    @property
    def cookie(self) -> str:
        """The ``__Host-`` prefix keeps other hosts of the domain from setting it; it needs
        https."""
        return "__Host-tornchat" if self.secure else "tornchat"

    def answers_to(self, host: str) -> bool:
        """A page of another site whose name was pointed at this server must not be served."""
        host = host.strip("[]")
        if host in self.hosts:
            return True
        try:
            # Nobody can point a bare address somewhere else.
            ipaddress.ip_address(host)
        except ValueError:
            return False
        return self.any_address


class Handler(web.RequestHandler):
    """Base of all. Methods named in ``public`` answer to strangers; all others want a session or
    a token, whose bearer is then ``who``."""

    public: ClassVar[frozenset[str]] = frozenset()
    any_host: ClassVar[bool] = False
    takes: ClassVar[str] = "application/json"
    """Type of a body that comes with the cookie: one that no form of another site can send."""
    policy: ClassVar[str] = API_POLICY
    who: Identity
    gone = False
    """The client has closed the connection, and does not wait for the answer."""

    chat: Chat
    hub: Hub
    site: Site

    def initialize(self, chat: Chat, hub: Hub, site: Site) -> None:
        self.chat = chat
        self.hub = hub
        self.site = site

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)
        if self.policy != API_POLICY:
            self.set_header("Content-Security-Policy", self.policy)

    async def prepare(self) -> None:
        if not self.any_host and not self.site.answers_to(self.request.host_name.lower()):
            raise errors.WrongHost()
        if len(self.request.body) > MOST_BODY_BYTES:
            raise errors.TooLarge(f"The body may have {MOST_BODY_BYTES // 1024} KiB at most.")
        token = self._bearer()
        by_cookie = token is None
        if token is None:
            token = asking.cookie(self.request.headers, self.site.cookie)
        changes = self.request.method in CHANGING
        if by_cookie and changes:
            self._demand_type()
        if self.request.method in self.public:
            return
        if token is None:
            raise errors.Unauthenticated()
        who = await accounts.authenticate(self.chat, token)
        self.who = replace(who, source=self.source) if changes else who

    def on_connection_close(self) -> None:
        self.gone = True
        super().on_connection_close()

    def compute_etag(self) -> str | None:
        """Answers of the API are not stored, so nobody will ask whether they have changed."""
        return None

    def check_trusted_origin(self, origin: str) -> bool:
        """Asked by Tornado for requests that change something and come from another origin.

        A bearer token is not sent by a browser on its own, and where there is one the cookie is not
        looked at, so other origins may use it.
        """
        return origin == self.site.origin or self._bearer() is not None

    # -- helpers of the handlers

    @property
    def address(self) -> str | None:
        """Where the request comes from, None where that is not limited."""
        peer = self.request.remote_ip or ""
        return asking.address(self.request.headers, peer, behind_proxy=self.site.behind_proxy)

    @property
    def source(self) -> Source:
        """Where the request comes from, as the audit log notes it."""
        headers, peer = self.request.headers, self.request.remote_ip or ""
        address = asking.client(headers, peer, behind_proxy=self.site.behind_proxy)
        return Source(address, device_of(headers.get("User-Agent", "")))

    def body(self) -> dict[str, Any]:
        """The JSON object in the request. Raises `BadRequest`."""
        try:
            value = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise errors.BadRequest("The body is not JSON in UTF-8.") from None
        if not isinstance(value, dict):
            raise errors.BadRequest("The body must be a JSON object.")
        return value

    def answer(self, value: Any, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", JSON)
        self.finish(to_json(value))

    def nothing(self) -> None:
        self.set_status(204)
        self.finish()

    def query(self, name: str) -> str | None:
        """A parameter of the address, stripped; None where it is absent."""
        return self.get_query_argument(name, None)

    # -- errors

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        if self._headers_written and not self._finished:
            # An answer that breaks off must not end as if it were whole.
            cast(HTTP1Connection, self.request.connection).stream.close()
        super().send_error(status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        problem = _as_error(status_code, kwargs.get("exc_info", (None, None, None))[1])
        self.set_status(problem.status)
        for name, value in problem_headers(problem).items():
            self.set_header(name, value)
        if problem.status == 405:
            self.set_header("Allow", ", ".join(self._methods()))
        if problem.status == 426:
            self.set_header("Upgrade", "websocket")
            self.set_header("Sec-WebSocket-Version", websocket.VERSION)
        self.finish(to_json(problem.problem()))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if isinstance(value, errors.TornchatError) and value.status != 500:
            return
        super().log_exception(typ, value, tb)

    def _methods(self) -> list[str]:
        """Those that this address has."""
        return [
            method
            for method in self.SUPPORTED_METHODS
            if getattr(type(self), method.lower()) is not getattr(Handler, method.lower())
        ]

    def _bearer(self) -> str | None:
        return asking.bearer(self.request.headers)

    def _demand_type(self) -> None:
        """A form of another site can send a POST with the cookie, but not of such a type.

        PUT and DELETE are never sent by a form, so without a body they need no type.
        """
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        simple = self.request.method in ("POST", "PATCH") or bool(self.request.body)
        if simple and kind != self.takes:
            raise errors.WrongType(f"Send Content-Type: {self.takes}.")


def problem_headers(problem: errors.TornchatError) -> dict[str, str]:
    """The headers of an answer that tells of it."""
    headers = {"Content-Type": PROBLEM}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="tornchat"'
    return headers


def _as_error(status: int, error: BaseException | None) -> errors.TornchatError:
    """What Tornado and we raise, as one of ours."""
    match error:
        case errors.TornchatError():
            return error
        case web.MissingArgumentError():
            return errors.BadRequest(f"The parameter {error.arg_name} is missing.")
        case web.HTTPError(status_code=403):
            return errors.CrossSite()
        case web.HTTPError(status_code=404):
            return errors.NotFound()
        case web.HTTPError(status_code=405):
            return errors.MethodNotAllowed()
        case web.HTTPError() | httputil.HTTPInputError() if status < 500:
            return errors.BadRequest()
        case _:
            return errors.TornchatError()


class Unknown(Handler):
    """Every address that is not in the table of routes."""

    def prepare(self) -> None:  # type: ignore[override]
        raise errors.NotFound()
