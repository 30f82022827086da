"""What an operation reads and answers, in the terms of JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

Schema = Mapping[str, Any]
JSON_TYPE = "application/json"


@frozen
class Query:
    """A parameter of the query."""

    name: str
    description: str
    schema: Schema
    is_required: bool = False


@frozen(kw_only=True)
class Form:
    """How to ask an operation, and the shape of its answer if it does what it was asked.

    What every operation may answer besides (such as 401) stands in `orgloop.http.openapi`.
    """

    answer: Schema
    query: Sequence[Query] = ()
    fields: Mapping[str, Schema] = field(factory=dict)
    """Of the body, which is a JSON object and holds no others."""
    required: Sequence[str] = ()
    """The fields that must be there."""
    is_open: bool = False
    """Whether the body may hold other fields."""
    status: int = 200
    content_type: str = JSON_TYPE
    problems: Sequence[int] = ()
    """The statuses of the errors that are its own."""
