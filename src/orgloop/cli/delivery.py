"""One delivery, with all that is known of it, for a person to read."""

from __future__ import annotations

import json
from typing import Any

from orgloop.cli.output import one_line, show, table


def show_delivery(shown: dict[str, Any]) -> None:
    """Write what the API tells of one delivery, for a person."""
    show(
        f"{one_line(shown.get('id'))}  {one_line(shown.get('state'))}  "
        f"{one_line(shown.get('route'))} → {one_line(shown.get('actor'))}"
    )
    for label, key in _FACTS.items():
        if shown.get(key) not in (None, "", False, []):
            show(f"{label}: {one_line(shown[key])}")
    for heading, key, columns in _HISTORIES:
        rows = [[row.get(name) for name in columns.values()] for row in shown.get(key) or []]
        if rows:
            show(f"\n{heading}\n" + table(rows, heading=list(columns), indent="  "))
    if shown.get("members"):
        show("\nmembers\n" + "\n".join(f"  {one_line(one)}" for one in shown["members"]))
    if shown.get("event") is not None:
        show("\nevent\n" + json.dumps(shown["event"], indent=2, ensure_ascii=False))


_FACTS = {
    "why": "error",
    "event": "event_id",
    "accepted": "accepted_at",
    "due": "due_at",
    "settled": "settled_at",
    "order key": "order_key",
    "session": "session_key",
    "tracking id": "tracking_id",
    "prompt": "prompt_file",
    "into": "into",
    "replay": "replay",
}
_HISTORIES = (
    (
        "transforms",
        "steps",
        {"transform": "transform", "verdict": "verdict", "took ms": "duration_ms", "why": "detail"},
    ),
    (
        "attempts",
        "attempt_history",
        {
            "attempt": "attempt",
            "began": "started_at",
            "took ms": "duration_ms",
            "outcome": "outcome",
            "why": "error",
        },
    ),
)
