"""What may be asked about deliveries."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen


@frozen(kw_only=True)
class DeliveryQuery:
    """Which deliveries to list; empty is no restriction. ``before`` is the page's cursor."""

    ids: Sequence[str] = ()
    states: Sequence[str] = ()
    actors: Sequence[str] = ()
    routes: Sequence[str] = ()
    event_seq: int | None = None
    created_from: int | None = None
    created_to: int | None = None
    settled_from: int | None = None
    settled_to: int | None = None
    reason: str | None = None
    """Part of the error, whatever its case."""
    before: str | None = None
    """The id of the last delivery of the page before."""
    limit: int = 100
    oldest_first: bool = False
