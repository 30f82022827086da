"""Name what a program learns of a delivery from its environment."""

from __future__ import annotations

from orgloop.delivery import Dispatch


def delivery_variables(dispatch: Dispatch) -> dict[str, str]:
    """Return the ``ORGLOOP_*`` variables of one attempt; of a batch, those of its last event."""
    event = dispatch.event
    return {
        "ORGLOOP_SOURCE": event.source,
        "ORGLOOP_TARGET": dispatch.actor,
        "ORGLOOP_EVENT_TYPE": event.type,
        "ORGLOOP_EVENT_ID": event.id,
        "ORGLOOP_ROUTE": dispatch.route,
        "ORGLOOP_DELIVERY_ID": dispatch.id,
        "ORGLOOP_TRACE_ID": event.trace_id or "",
        "ORGLOOP_ATTEMPT": str(dispatch.attempt),
    }
