"""Whose limit a request counts against."""

from __future__ import annotations

import pytest

from tornchat.handlers.addresses import limited_address


@pytest.mark.parametrize(
    ("peer", "forwarded", "behind_proxy", "expected"),
    [
        ("127.0.0.1", "", False, None),
        ("::1", "", False, None),
        ("::ffff:127.0.0.1", "", False, None),
        ("198.51.100.1", "", False, "198.51.100.1"),
        ("198.51.100.1", "203.0.113.9", False, "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9", False, None),
        ("127.0.0.1", "203.0.113.9", True, "203.0.113.9"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.9", True, "203.0.113.9"),
        ("10.0.0.2", "127.0.0.1", True, "127.0.0.1"),
        ("127.0.0.1", "", True, "127.0.0.1"),
        ("127.0.0.1", "unknown", True, "127.0.0.1"),
        ("127.0.0.1", "1" * 16_000, True, "127.0.0.1"),
        ("8.8.8.8", "203.0.113.9", True, "8.8.8.8"),
        ("127.0.0.1", "2001:db8:1:2:3:4:5:6", True, "2001:db8:1:2::"),
        ("fe80::1%eth0", "", False, "fe80::"),
        ("", "", False, "unknown"),
    ],
)
def test_a_request_counts_for_its_nearest_address_that_can_be_believed(
    peer: str, forwarded: str, behind_proxy: bool, expected: str | None
) -> None:
    assert limited_address(peer, forwarded, behind_proxy) == expected
