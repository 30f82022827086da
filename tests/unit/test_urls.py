"""Addresses are written so that they can be opened."""

from __future__ import annotations

import pytest

from orgloop.urls import http_url


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:4800"),
        ("localhost", "http://localhost:4800"),
        ("::1", "http://[::1]:4800"),
    ],
)
def test_an_address_is_a_url(host: str, url: str) -> None:
    assert http_url(host, 4800) == url
