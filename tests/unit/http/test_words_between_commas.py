"""Filters of several values: what is taken is what the OpenAPI document says."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from support.http_wire import Server


def pattern(server: Server) -> str:
    operation = server.get("/api/openapi.json").json["paths"]["/api/deliveries"]["get"]
    [schema] = [one["schema"] for one in operation["parameters"] if one["name"] == "state"]
    return str(schema["pattern"])


@pytest.mark.parametrize("text", ["held", "held,waiting", " held , waiting,", "held,,held", ""])
def test_blanks_and_commas_between_values_are_no_matter(text: str) -> None:
    server = Server()

    assert server.get(f"/api/deliveries?state={quote(text)}").status == 200
    assert re.search(pattern(server), text)


@pytest.mark.parametrize("text", ["lost", "held waiting", "held,lost"])
def test_a_value_that_there_is_not_is_refused(text: str) -> None:
    server = Server()

    assert server.get(f"/api/deliveries?state={quote(text)}").status == 400
    assert not re.search(pattern(server), text)


def test_a_long_text_that_does_not_fit_is_seen_not_to_at_once() -> None:
    """A pattern with two ways to take a blank would try them all, and never come to an end."""
    assert not re.search(pattern(Server()), "held" + ",    " * 200 + "!")
