"""One delivery, with all that is known of it, for a person to read."""

from __future__ import annotations

from typing import Any

from orgloop.cli.cells import cell, table_of
from orgloop.cli.look import line, lines, style
from orgloop.cli.output import one_line, show, show_document


def show_delivery(shown: dict[str, Any]) -> None:
    """Write what the API tells of one delivery, for a person."""
    way = f"  {one_line(shown.get('route'))} → {one_line(shown.get('actor'))}"
    show(line(cell("id", shown.get("id")), "  ", cell("state", shown.get("state")), way))
    for label, key in _FACTS.items():
        if shown.get(key) not in (None, "", False, []):
            show(line(style(f"{label}:", "dim"), " ", cell(key, shown[key])))
    for heading, key, columns in _HISTORIES:
        if rows := shown.get(key):
            show(lines(line(), style(heading, "strong"), table_of(rows, columns, indent="  ")))
    if shown.get("members"):
        members = (line("  ", cell("id", one)) for one in shown["members"])
        show(lines(line(), style("members", "strong"), *members))
    if shown.get("event") is not None:
        show(lines(line(), style("event", "strong")))
        show_document(shown["event"])


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
        {"transform": "transform", "verdict": "verdict", "took": "duration_ms", "why": "detail"},
    ),
    (
        "attempts",
        "attempt_history",
        {
            "attempt": "attempt",
            "began": "started_at",
            "took": "duration_ms",
            "outcome": "outcome",
            "why": "error",
        },
    ),
)
