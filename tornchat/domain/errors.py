"""Every error that a user of Tornchat can meet, in one tree.

Each class is one row of the table in ``docs/protocol.md``: an HTTP ``status``, a stable ``code``
that clients may rely on, and a ``title``. The ``detail`` says what to do about this one case;
its ``reason`` names the case for programs that say it in words of their own, with the ``values``
that these need: the page has them in each of its languages. ``retry_after`` is in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class TornchatError(Exception):
    """The root: something went wrong that is said to the user in ``detail``."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"
    hint: ClassVar[str] = "Try again; if it stays, look into the server's log."

    def __init__(
        self,
        detail: str | None = None,
        *,
        retry_after: float | None = None,
        reason: str | None = None,
        **values: str | int,
    ) -> None:
        self.detail = detail or self.hint
        self.retry_after = retry_after
        self.reason = reason
        self.values = values
        super().__init__(self.detail)

    def problem(self) -> dict[str, object]:
        """The RFC 9457 problem document."""
        return {
            "type": "about:blank",
            "status": self.status,
            "title": self.title,
            "detail": self.detail,
            "code": self.code,
            **({"reason": self.reason} if self.reason else {}),
            **({"values": self.values} if self.values else {}),
        }


# -- 4xx: the request must change before it is sent again


class BadRequest(TornchatError):
    status = 400
    code = "bad_request"
    title = "The request cannot be understood"
    hint = "Look at the parameters and the body of the request."


class BadCursor(BadRequest):
    code = "bad_cursor"
    title = "This is not a cursor"
    hint = "A cursor is the id of an event: a whole number from 0 to 2^53 - 1."


class InvalidValue(BadRequest):
    status = 422
    code = "invalid"
    title = "A value is not acceptable"
    hint = "Correct the value and send it again."


class Unauthenticated(TornchatError):
    status = 401
    code = "unauthenticated"
    title = "You are not signed in"
    hint = "Sign in, or send a token as Authorization: Bearer TOKEN."


class BadCredentials(Unauthenticated):
    code = "bad_credentials"
    title = "Name or password is wrong"
    hint = "Check the name and the password and try again."


class Forbidden(TornchatError):
    status = 403
    code = "forbidden"
    title = "You may not do this"
    hint = "Ask somebody who has the right to."


class NotAMember(Forbidden):
    hint = "You are not a member of this room. Join it first."


class CrossSite(Forbidden):
    code = "cross_site"
    title = "The request came from another site"
    hint = "Send it from the chat's own page, or with a bearer token instead of the cookie."


class SignupClosed(Forbidden):
    code = "signup_closed"
    title = "Signing up is closed"
    hint = "Ask the administrator for an account."


class Muted(Forbidden):
    code = "muted"
    title = "You are muted in this room"
    hint = "You can read, and write again when the time is over."


class Archived(Forbidden):
    code = "archived"
    title = "This room is archived"
    hint = "It can be read, and an owner of it or an administrator can bring it back."


class InviteGone(Forbidden):
    code = "invite_gone"
    title = "This invitation is not good any more"
    hint = "Ask whoever sent it for a new one."


class CannotWrite(Forbidden):
    code = "cannot_write"
    title = "You cannot write to this person"
    hint = "Somebody here takes no messages from you."


class TooLate(Forbidden):
    code = "too_late"
    title = "It is too late for this"
    hint = "Write a new message instead."


class NotFound(TornchatError):
    status = 404
    code = "not_found"
    title = "There is nothing here"
    hint = "It does not exist, or you may not see it."


class MethodNotAllowed(TornchatError):
    status = 405
    code = "method_not_allowed"
    title = "This cannot be done here"
    hint = "The address exists, but not for this method."


class Conflict(TornchatError):
    status = 409
    code = "conflict"
    title = "This is taken"
    hint = "Choose another value."


class NameTaken(Conflict):
    code = "name_taken"
    title = "This name is taken"
    hint = "Choose another name."


class LastAdministrator(Conflict):
    code = "last_admin"
    title = "The only administrator cannot go"
    hint = "Make somebody else an administrator first."


class NonceReused(Conflict):
    code = "nonce_reused"
    title = "This nonce belongs to another message"
    hint = "Use a new nonce for a new text."


class FileGone(Conflict):
    code = "file_gone"
    title = "A file is not there any more"
    hint = "Send the file again, and then the message."


class EditConflict(Conflict):
    code = "edit_conflict"
    title = "The message has been changed meanwhile"
    hint = "Look at what it says now, and edit that."


class QuotaReached(TornchatError):
    status = 413
    code = "quota"
    title = "Your files take all the room that there is for them"
    hint = "Delete messages with files that are not needed any more."


class TooLarge(TornchatError):
    status = 413
    code = "too_large"
    title = "The request is too large"
    hint = "Send less."


class WrongType(TornchatError):
    status = 415
    code = "wrong_type"
    title = "The body is of another type than what is taken here"
    hint = "Send Content-Type: application/json."


class WrongHost(TornchatError):
    status = 421
    code = "wrong_host"
    title = "This server does not answer to that name"
    hint = "Start the server with --origin or --hosts to allow the name."


class NoOriginal(InvalidValue):
    code = "no_original"
    title = "The message to be answered is not there"
    hint = "Answer a message of the same room that you may read, or send it without reply_to."


class NotAPicture(InvalidValue):
    code = "not_a_picture"
    title = "This is not a picture that can be shown"
    hint = "Send a PNG, JPEG, GIF or WebP of at most 50 million pixels."


class UpgradeRequired(TornchatError):
    status = 426
    code = "upgrade_required"
    title = "This is a WebSocket"
    hint = "Open it with a WebSocket client, or read /api/events instead."


class TooMany(TornchatError):
    status = 429
    code = "too_many"
    title = "Too fast"
    hint = "Wait a moment and try again."


class TooManyStreams(TooMany):
    code = "too_many_streams"
    title = "Too many streams are open"
    hint = "Close one, or try again later."


# -- 5xx: the same request may be sent again later


class Unavailable(TornchatError):
    status = 503
    code = "unavailable"
    title = "Not available for the moment"
    hint = "Try again in a few seconds."

    def __init__(self, detail: str | None = None, *, retry_after: float | None = 2.0) -> None:
        super().__init__(detail, retry_after=retry_after)


class Busy(Unavailable):
    code = "busy"
    title = "The server has no room for more at the moment"
    hint = "Try again in a few seconds."

    def __init__(self, detail: str | None = None, *, retry_after: float | None = 5.0) -> None:
        super().__init__(detail, retry_after=retry_after)


class SearchTooLong(Unavailable):
    code = "search_too_long"
    title = "The search takes too long"
    hint = "Ask for less: another word, one room, or fewer days."


class LogAway(Unavailable):
    code = "log_away"
    title = "The chat log (Redis) cannot be reached"
    hint = "Nothing was lost; the same request with the same nonce may be sent again."


class DatabaseAway(Unavailable):
    code = "database_away"
    title = "The database cannot be reached"
    hint = "Chat goes on; sign-in, changes and older history must wait."


# -- errors of the operator, said on the command line with exit status 2


class Unusable(TornchatError):
    code = "unusable"
    title = "The server cannot start"


class RedisUnusable(Unusable):
    code = "redis_unusable"
    title = "This Redis cannot be used"


class DatabaseUnusable(Unusable):
    code = "database_unusable"
    title = "This database cannot be used"


def every_error(root: type[TornchatError] = TornchatError) -> Iterator[type[TornchatError]]:
    """All classes of the tree, the root first: what the docs are checked against."""
    yield root
    for child in root.__subclasses__():
        yield from every_error(child)
