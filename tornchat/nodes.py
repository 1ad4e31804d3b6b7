"""Nodes: servers that share one database, one Redis and one secret, and how they find out.

What two nodes do not share splits the chat in silence: with two Redises or two databases everybody
sees a half of it. So a database has an id that is in Redis as well, and a node that finds two that
do not belong together does not start.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

from tornchat.archive import installation, migrate
from tornchat.archive.address import address_of
from tornchat.archive.blocking import converse
from tornchat.data_folder import in_use, make_folder, secret_in
from tornchat.domain.errors import Unusable
from tornchat.log import preflight
from tornchat.log.keys import Keys
from tornchat.settings import Settings

_ADOPT = "stop all nodes, then: server.py node adopt, with the settings of this one"


def join(settings: Settings, redis_url: str, say: Callable[[str], None]) -> None:
    """Hold this node to what its database and its Redis belong to; a new database belongs to it.

    Raises `Unusable` where they do not fit, with what to do. ``say`` gets what should be known.
    """
    own = fingerprint(_secret(settings, say))
    shown = address_of(settings.database_url()).shown
    key = Keys(settings.space).installation
    with converse(address_of(settings.database_url())) as database:
        known = installation.read(database)
        if settings.database is not None:  # else nobody but this node can reach it
            if known.get("space") not in (None, "", settings.space):
                raise Unusable(
                    f"the database {shown} belongs to the space {known['space']}: use --space"
                    f" {known['space']}, or another --database"
                )
            if not hmac.compare_digest(known.get("secret") or own, own):
                raise Unusable(
                    f"the secret of this node is another than that of the nodes on the database"
                    f" {shown}: copy the file 'secret' of one of them, or name it with"
                    f" --secret-file; if it is lost, {_ADOPT}"
                )
        there = preflight.ask(redis_url, "GET", key) or None
        id = _id(settings, known.get("id"), there, shown, say)
        installation.write(database, "id", id)
        installation.write(database, "space", settings.space)
        installation.write(database, "secret", own)
        preflight.ask(redis_url, "SET", key, id)


def adopt(settings: Settings) -> None:
    """Have the next node that starts decide which Redis and which secret belong to its database.

    Raises `Unusable` where a server runs on this data folder.
    """
    make_folder(settings.data.absolute())
    if in_use(settings.data / "lock"):
        raise Unusable(f"a server is running on {settings.data}: stop it first, and all nodes")
    migrate.upgrade(settings.database_url())
    with converse(address_of(settings.database_url())) as database:
        installation.forget(database)


def fingerprint(secret: bytes) -> str:
    """What a secret is recognised by, and not found out from."""
    return hmac.digest(secret, b"tornchat: the secret of a node", hashlib.sha256).hex()


def _secret(settings: Settings, say: Callable[[str], None]) -> bytes:
    secret, warning = secret_in(settings.secret_file, settings.data)
    if warning:
        say(f"warning: {warning}")
    return secret


def _id(
    settings: Settings,
    known: str | None,
    there: str | None,
    shown: str,
    say: Callable[[str], None],
) -> str:
    """The id that the database (``known``) and Redis (``there``) have in common from now on."""
    new = secrets.token_hex(16)
    if settings.database is None and settings.redis is None:
        return known or there or new  # both are in the data folder
    if known == "":
        return there or new
    if known is None and there is None:
        return new
    if known is None or (there is not None and there != known):
        raise Unusable(
            f"this Redis holds the log of another database than {shown}: nodes share one --redis"
            " and one --database, and another chat takes another --space; if these two belong"
            f" together, {_ADOPT}"
        )
    if there is None and settings.redis is None:
        raise Unusable(
            f"the database {shown} was used with another Redis than the embedded one of this node:"
            f" give all nodes the same --redis; if that Redis is gone for good, {_ADOPT}"
        )
    if there is None:
        say(
            "note: this Redis is empty, and the database is not; if other nodes are running with"
            " another --redis, stop this one"
        )
    return known
