"""What to do next about an event, where there is something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
_BY_STATE = {
    "dead": "try it again with: orgloop dlq retry {id}",
    "rejected": "try it again with: orgloop dlq retry {id}",
    "held": "let it go with: orgloop held release {id}, or throw it away with: "
    "orgloop held discard {id}",
    "inbox": "see what its session has with: orgloop inbox list",
}


def advice(trace: Document) -> str:
    """Return what a person may do next about what `GET /api/events/<id>` tells, or nothing."""
    deliveries = trace.get("deliveries") or []
    for state, told in _BY_STATE.items():
        for delivery in deliveries:
            if delivery.get("state") == state:
                return told.format(id=delivery.get("id"))
    if deliveries or trace.get("state") != "unmatched":
        return ""
    wanting = _wanting(trace.get("routes") or ())
    if wanting and trace.get("routes_changed"):
        return f"let it go through the routes again with: orgloop replay {trace.get('event_id')}"
    return "see what the routes want with: orgloop routes"


def _wanting(routes: Sequence[Document]) -> bool:
    return any(route.get("matched") for route in routes)
