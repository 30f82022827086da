"""Answer on one screen what happened to an event, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from orgloop.cli.look import Painted, ago, lasting, line, lines, style, time_of_day, when
from orgloop.cli.output import for_person
from orgloop.cli.tracing.meanings import word
from orgloop.cli.tracing.sheet import Sheet
from orgloop.cli.tracing.way import Ways

Document = Mapping[str, Any]


def trace_text(trace: Document, now: float, *, details: bool = False) -> Painted:
    """Return what `GET /api/events/<id>` answers, for a person; ``details`` adds the event itself.

    ``now`` is in seconds since the epoch.
    """
    sheet = Sheet()
    screen = _Screen(sheet, now)
    screen.head(trace)
    screen.causes(trace)
    Ways(sheet, now, details).write(trace)
    if effects := trace.get("effects"):
        sheet.heading("effects")
        screen.effects(effects, 0)
    if details:
        screen.event(trace)
    return sheet.whole()


def trace_in_short(trace: Document) -> Painted:
    """Return nothing but ids and states: the event's, then each delivery's."""
    deliveries = trace.get("deliveries") or []
    rows = [(trace.get("event_id"), trace.get("state"))]
    rows += [(row.get("id"), row.get("state")) for row in deliveries]
    return lines(*(line(style(name, "id"), "  ", word(state)) for name, state in rows))


@frozen
class _Screen:
    _sheet: Sheet
    _now: float

    def head(self, trace: Document) -> None:
        """Write what the event is, when it came and how far it is."""
        add = self._sheet.add
        add(style(trace.get("event_id"), "id"))
        add(style(_what(trace), "strong"), " from ", text=trace.get("source"))
        at = trace.get("accepted_at")
        add("accepted ", when(at), style(f" ({ago(at, self._now)})", "dim"))
        if trace.get("timestamp") != at:
            add("happened ", when(trace.get("timestamp")))
        took = trace.get("processing_ms")
        after = f" after {lasting(took)}" if isinstance(took, int | float) else ""
        add(word(trace.get("state")), after, _why(trace))
        add(style(trace.get("trace_id"), "id"), text=f"  depth {trace.get('depth')}", meaning="dim")
        if trace.get("damaged"):
            add(style("its bytes have changed on disk and cannot be read", "bad"))

    def causes(self, trace: Document) -> None:
        """Write the chain that led to the event, root first, each below what caused it."""
        causes = trace.get("causes") or []
        if not causes:
            return
        self._sheet.heading("causes")
        for depth, cause in enumerate(causes):
            self._link(cause, depth)

    def effects(self, events: Sequence[Document], depth: int) -> None:
        """Write what came of the event, as a tree."""
        for event in events:
            self._link(event, depth)
            self.effects(event.get("effects") or [], depth + 1)

    def _link(self, event: Document, depth: int) -> None:
        self._sheet.add(
            "└ " if depth else "",
            style(event.get("event_id"), "id"),
            "  ",
            style(time_of_day(event.get("accepted_at")), "dim"),
            text=f"  {_what(event)} from {event.get('source')}",
            indent=2 * max(0, depth - 1),
        )

    def event(self, trace: Document) -> None:
        """Write the event as it was accepted."""
        self._sheet.heading("event")
        for one in for_person(trace.get("event")).splitlines():
            self._sheet.add(one)


def _what(event: Document) -> str:
    kind = event.get("platform_event")
    return f"{event.get('type')} {kind}" if kind else str(event.get("type"))


_REASONS = {
    "accepted": ": it is not routed yet",
    "unmatched": ": no route wanted it",
    "cut": ": the chain of events that caused it is too long (defaults.loop.max_depth)",
}


def _why(trace: Document) -> str:
    return _REASONS.get(str(trace.get("state")), "")
