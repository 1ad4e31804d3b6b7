"""The crypto of Web Push: whose pushes these are (VAPID, RFC 8292), and that nobody on the way can
read them (RFC 8291). Imported only where there is somebody to push to: the libraries take a tenth
of a second.
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from tornchat.domain.errors import InvalidValue
from tornchat.domain.pushing import Target, decoded

_TOKEN_SECONDS = 12 * 3600
_RENEWED_SECONDS = 3600
_CURVE = ec.SECP256R1()


def new_key() -> str:
    """A private key, base64url."""
    number = ec.generate_private_key(_CURVE).private_numbers().private_value
    return _text(number.to_bytes(32, "big"))


def check_key(target: Target) -> None:
    """The browser's key must be a point of the curve. Raises `InvalidValue`."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, decoded(target.p256dh))
    except ValueError:
        raise InvalidValue("p256dh is not a key of P-256.") from None


def sealed(target: Target, payload: dict[str, Any]) -> bytes:
    """The payload as only that browser can read it."""
    return bytes(
        http_ece.encrypt(
            json.dumps(payload, ensure_ascii=False).encode(),
            private_key=ec.generate_private_key(_CURVE),
            dh=decoded(target.p256dh),
            auth_secret=decoded(target.auth),
        )
    )


class Signer:
    """Signs for the server. ``contact``: whom a push service may write to (mailto: or https:)."""

    def __init__(self, key: str, contact: str) -> None:
        self._vapid = Vapid02.from_raw(key.encode())
        self._contact = contact
        self._signed: dict[str, tuple[float, str]] = {}
        """Origin -> until when its header serves, and the header."""

    @property
    def public_key(self) -> str:
        """As a browser wants it: base64url of the uncompressed point."""
        key = self._vapid.public_key
        return _text(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def authorization(self, origin: str) -> str:
        """The header for a push service."""
        now = time.time()
        until, header = self._signed.get(origin, (0.0, ""))
        if until < now:
            claims = {"aud": origin, "exp": int(now) + _TOKEN_SECONDS, "sub": self._contact}
            header = str(self._vapid.sign(claims)["Authorization"])
            if len(self._signed) > 100:
                self._signed.clear()
            self._signed[origin] = (now + _RENEWED_SECONDS, header)
        return header


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
