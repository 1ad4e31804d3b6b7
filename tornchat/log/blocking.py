"""Redis asked without an event loop, for the moments before there is one.

redis-py does the talking here: the supervisor asks a few questions at its start, and none of what
keeps redis-py out of the workers (``docs/decisions/redis-connection.md``) matters to them.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tornchat.log.address import Address


class RedisSays(Exception):
    """Redis answered with an error; the text is its own."""


class RedisIsLoading(RedisSays):
    """It is up, and will answer when it has read its data."""


class Conversation:
    """One connection, used as a context manager; every step has the same time limit."""

    def __init__(self, address: Address, timeout: float) -> None:
        """It connects and signs in when it is first asked something."""
        where: dict[str, Any] = {"host": address.host, "port": address.port}
        if address.unix_path:
            where = {"unix_socket_path": address.unix_path}
        elif address.tls:
            where |= {
                "ssl": True,
                "ssl_cert_reqs": "required" if address.verify else "none",
                "ssl_check_hostname": address.verify,
                "ssl_ca_certs": address.authorities or None,
            }
        self._client = redis.Redis(
            **where,
            db=address.database,
            username=address.user or None,
            password=address.password or None,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            encoding_errors="replace",
            decode_responses=True,
        )
        self._client.response_callbacks.clear()  # replies as Redis gives them

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def ask(self, *command: str) -> Any:
        """The reply to one command.

        Raises RedisSays for an error, ``OSError`` (``TimeoutError`` too) for no reply.
        """
        try:
            return self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        except redis.TimeoutError as error:
            raise TimeoutError(str(error)) from error
        except redis.BusyLoadingError as error:
            raise RedisIsLoading(str(error)) from None
        except (redis.ResponseError, redis.AuthenticationError) as error:
            raise RedisSays(str(error)) from None
        except redis.InvalidResponse:
            raise RedisSays("what answers there is not Redis") from None
        except redis.ConnectionError as error:
            raise _cause_of(error) from error

    def info(self) -> dict[str, str]:
        """What INFO says, as one flat table."""
        lines = str(self.ask("INFO")).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line and line[:1] != "#")


def _cause_of(error: BaseException) -> OSError:
    """The operating system's error under redis-py's."""
    cause = error.__cause__ or error.__context__
    return cause if isinstance(cause, OSError) else ConnectionResetError(str(error))
