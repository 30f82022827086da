"""Make the identifiers of events, traces and deliveries.

An id is derived from what the outside world calls a thing wherever it calls it something, so that
the same thing seen twice is one event. Digests are BLAKE2b with 16 bytes, written in hexadecimal.
"""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b

RUNTIME_NAME = "orgloop"
"""The source and platform of events that the runtime itself reports; no source or actor has it."""

EVENT_ID = re.compile(r"evt_[a-zA-Z0-9]{1,196}")
TRACE_ID = re.compile(r"trc_[a-zA-Z0-9]{1,196}")

_MAX_SEQ = 2**63 - 1  # what a database counts up to


def _digest(*parts: str) -> str:
    hashed = blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        hashed.update(len(encoded).to_bytes(8, "big"))
        hashed.update(encoded)
    return hashed.hexdigest()


def derived_event_id(project: str, source: str, platform: str, key: str) -> str:
    """Return the id of the event that ``platform`` calls ``key``, as seen by one source."""
    return "evt_" + _digest("event", project, source, platform, key)


def random_event_id(now_ms: int) -> str:
    """Return an id for a thing that nothing outside names.

    It begins with the time, so that ids made one after another lie side by side in an index.
    """
    return f"evt_{now_ms:012x}{secrets.token_hex(10)}"


def trace_id_of(event_id: str) -> str:
    """Return the trace that an event begins when nothing caused it."""
    return "trc_" + event_id.removeprefix("evt_")


def caused_event_id(delivery_id: str, attempt: int, position: int) -> str:
    """Return the id of the event at ``position`` among those one attempt gave rise to."""
    return "evt_" + _digest("caused", delivery_id, str(attempt), str(position))


def lost_event_id(delivery_id: str) -> str:
    """Return the id of the event that says that no end of a delivery was seen."""
    return "evt_" + _digest("lost", delivery_id)


def notification_event_id(
    project: str, session_key: str, generation: int, oldest_event_id: str
) -> str:
    """Return the id of the event that tells a session of its inbox.

    The oldest event makes it new also where generations are counted anew, in a queue that was lost.
    """
    return "evt_" + _digest("inbox", project, session_key, str(generation), oldest_event_id)


def random_lease() -> str:
    """Return a name for a batch that is handed out of an inbox."""
    return "lse_" + secrets.token_hex(16)


def delivery_id(project: str, event_id: str, event_seq: int, route: str, replay: int) -> str:
    """Return the key a delivery carries on every attempt.

    It holds the event's place in the log (base 16), by which a queue finds the row without an
    index over random keys, and a digest that no other delivery of any runtime shares.
    """
    return f"dlv_{event_seq:x}x{_digest('delivery', project, event_id, route, str(replay))}"


def event_seq_of(delivery: str) -> int | None:
    """Return the place in the log that a delivery's id holds, or `None` if it is no delivery id."""
    match = re.fullmatch(r"dlv_([0-9a-f]{1,16})x[0-9a-f]{32}", delivery)
    seq = int(match[1], 16) if match else None
    return seq if seq is not None and seq <= _MAX_SEQ else None
