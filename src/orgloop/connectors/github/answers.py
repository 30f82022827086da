"""Judge what the GraphQL API answers: it says with status 200 that something went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orgloop.connectors.github.errors import GitHubError, NoGraphQL

# Of what is gone, and of what the token may not see, nothing else will be said the next time.
_LASTING = frozenset({"NOT_FOUND", "FORBIDDEN", "INSUFFICIENT_SCOPES"})
_OUT_OF_TIME = "Something went wrong while executing your query"  # has no type, not always


def data_of(document: object) -> Mapping[str, Any]:
    """Return the ``data`` of an answer; what is gone, or not for the token to see, is null in it.

    Raises `GitHubError` with status 502 where something is null for another reason (a part took
    too long, a service behind it was out of order): what is missing then is there, and would be
    taken for deleted. Raises `NoGraphQL` where the query was not understood.
    """
    data = document.get("data") if isinstance(document, dict) else None
    has_data = isinstance(data, dict) and isinstance(data.get("repository"), dict)
    if any(_may_pass(error, has_data=has_data) for error in _errors(document)):
        raise GitHubError(f"the GraphQL API gave not all data{said(document)}", status=502)
    if not has_data:
        raise NoGraphQL(f"the GraphQL API gave no data{said(document)}", status=200)
    assert isinstance(data, dict)
    return data


def said(document: object) -> str:
    """Return GitHub's own words for an error, short; they hold nothing of ours."""
    if not isinstance(document, dict):
        return ""
    first = next(_errors(document), {})
    words = document.get("message") or first.get("message")
    return f", {str(words)[:200]}" if words else ""


def _errors(document: object) -> Iterator[Mapping[str, Any]]:
    errors = document.get("errors") if isinstance(document, dict) else None
    if isinstance(errors, list):
        yield from (error for error in errors if isinstance(error, dict))


def _may_pass(error: Mapping[str, Any], *, has_data: bool) -> bool:
    """Whether another answer may be better. What a query gets wrong has no type, and no data."""
    kind = error.get("type")
    if isinstance(kind, str):
        return kind not in _LASTING
    return has_data or _OUT_OF_TIME in str(error.get("message"))
