"""The inbox that a route's ``then.config`` may ask for."""

from __future__ import annotations

from attrs import frozen

from orgloop.durations import Duration
from orgloop.options import option


@frozen(kw_only=True)
class InboxSettings:
    """Events that collect until the session they are for asks for them."""

    inbox: bool = option("Collect events instead of delivering each.")
    session_key: str = option("Which inbox an event goes into; a template, as a rule.")
    inbox_ttl: Duration = option(
        "How long an event may lie there before it becomes a dead letter.",
        default=Duration(3_600_000),
        minimum=Duration(1),
    )
    inbox_max_batch: int = option("How many are handed out at a time.", default=50, minimum=1)
