"""What the audit log notes: who did what that others must be able to look up, and from where."""

from __future__ import annotations

from dataclasses import dataclass

KINDS: dict[str, str] = {
    "account.created": "an account was made",
    "account.role": "somebody became an administrator, or is one no longer",
    "account.disabled": "an account was closed",
    "account.enabled": "a closed account was opened again",
    "account.leaving": "an account was closed, to be erased after a while",
    "account.kept": "somebody came back in time, and their account is not erased",
    "account.erased": "nothing but its place is left of an account",
    "account.exported": "somebody took away all that there is of them",
    "account.picture": "somebody's picture was taken away by an administrator",
    "account.password": "somebody changed their password",
    "account.reset": "somebody was given another password",
    "session.began": "somebody signed in",
    "session.failed": "somebody tried to sign in and could not",
    "session.ended": "somebody signed out, here or elsewhere",
    "session.swept": "somebody was signed out everywhere",
    "token.made": "a bearer token was made",
    "bot.made": "the account of a program was made",
    "bot.ended": "the account of a program was closed",
    "hook.made": "an address was made by which programs write in a room",
    "hook.revoked": "such an address was revoked",
    "webhook.made": "an address is told what is said in a room",
    "webhook.ended": "an address is told no longer",
    "invite.made": "an invitation was made",
    "invite.revoked": "an invitation was revoked",
    "room.created": "a room was made",
    "room.changed": "a room has another name, purpose or rules",
    "room.archived": "a room was archived",
    "room.returned": "a room was brought back",
    "member.role": "somebody has another role in a room",
    "member.muted": "somebody may only read in a room for a while",
    "member.unmuted": "somebody may write in a room again",
    "member.removed": "somebody was removed from a room",
    "settings.changed": "a setting of the server was changed",
}
"""A test holds ``docs/protocol.md`` and the words of the page against it."""

FAILED = "session.failed"
MOST_FAILED = 50_000
"""Failed sign-ins that are kept: strangers make them, and must not fill the disk."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was done from: the address of the client, and what to call the browser
    (`domain.devices`). Both may be empty."""

    address: str = ""
    device: str = ""


NOWHERE = Source()
SHELL = Source(device="shell")
"""A command on the server's own machine."""
