"""Understand what a component is told about the requests it makes: a URL, and headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orgloop.errors import InvalidValue
from orgloop.options import option
from orgloop.sdk.requesthead import check_header
from orgloop.sdk.urls import parse_url


def url_option(doc: str) -> Any:
    """Declare a URL, without which the component is nothing."""
    return option(doc, structural=True, convert=_url, schema={"type": "string"})


def headers_option(doc: str) -> Any:
    """Declare headers, which may hold a secret."""
    return option(
        doc,
        factory=dict,
        secret=True,
        convert=_headers,
        schema={
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
    )


def _url(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValue("a URL is text")
    parse_url(value)
    return value


def _headers(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidValue("headers is a mapping of names to values")
    headers = {}
    for name, content in value.items():
        if not isinstance(content, (str, int, float)):
            raise InvalidValue(f"the value of the header {name!r} is neither text nor a number")
        headers[str(name)] = content if isinstance(content, str) else str(content).lower()
        check_header(str(name), headers[str(name)])
    return headers
