"""Answer on one screen what happened to an event, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from orgloop.cli.look import Painted, ago, lasting, line, lines, style, time_of_day, when
from orgloop.cli.meanings import word
from orgloop.cli.output import for_person
from orgloop.cli.tracing.sheet import Sheet
from orgloop.cli.tracing.standings import RoutesBeside
from orgloop.cli.tracing.way import Ways

Document = Mapping[str, Any]
_MOST_EFFECTS = 15
_MOST_CAUSES = 50  # that the API lists


def trace_text(trace: Document, now: float, *, details: bool = False) -> Painted:
    """Return what `GET /api/events/<id>` answers, for a person; ``details`` adds the event itself.

    ``now`` is in seconds since the epoch.
    """
    sheet = Sheet(is_whole=details)
    screen = _Screen(sheet, now, details)
    screen.head(trace)
    screen.causes(trace)
    screen.routes(trace)
    screen.effects(trace)
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
    _details: bool

    def head(self, trace: Document) -> None:
        """Write what the event is, when it came and how far it is."""
        add = self._sheet.add
        add(style(trace.get("event_id"), "id"))
        add(style(trace.get("type"), "strong"), text=_origin(trace))
        at = trace.get("accepted_at")
        add("accepted ", when(at), style(f" ({ago(at, self._now)})", "dim"))
        if trace.get("timestamp") != at:
            add("happened ", when(trace.get("timestamp")))
        add(word(trace.get("state")), text=_why(trace))
        add(style(trace.get("trace_id"), "id"), text=f"  depth {trace.get('depth')}", meaning="dim")
        if any(one.get("phase") == "loop.detected" for one in trace.get("phases") or ()):
            add(text="its chain is longer than defaults.loop.warn_depth", meaning="warn")
        if trace.get("damaged"):
            add(style("its bytes have changed on disk and cannot be read", "bad"))

    def causes(self, trace: Document) -> None:
        """Write the chain that led to the event, root first, each below what caused it."""
        causes = trace.get("causes") or []
        missing = (trace.get("depth") or 1) - 1 - len(causes)
        if not causes and missing <= 0:
            return
        self._sheet.heading("causes")
        if missing > 0:
            why = "not listed" if len(causes) >= _MOST_CAUSES else "not kept any more"
            cause = "cause is" if missing == 1 else "causes are"
            self._sheet.add(text=f"{missing} earlier {cause} {why}", meaning="dim")
        for depth, cause in enumerate(causes):
            self._link(cause, depth)

    def routes(self, trace: Document) -> None:
        """Write deliveries first, then the routes that the event did not go along.

        A route may have taken the event and not want such a one any more: its way is what counts.
        """
        deliveries = trace.get("deliveries") or []
        taken = {delivery.get("route") for delivery in deliveries}
        others = [one for one in trace.get("routes") or [] if one.get("name") not in taken]
        has_changed = bool(trace.get("routes_changed"))
        is_cut = trace.get("state") == "cut"
        wanting = [one for one in others if one.get("matched") and (has_changed or is_cut)]
        not_wanting = [one for one in others if not one.get("matched")]
        if not deliveries and not wanting and not not_wanting:
            return
        self._sheet.heading("routes")
        Ways(self._sheet, self._now, self._details).write(deliveries)
        if has_changed and (wanting or not_wanting):
            told = "the routes have changed since; below, the event is compared with those of now"
            self._sheet.add(text=told, meaning="warn", is_reason=True)
        beside = RoutesBeside(self._sheet, self._details)
        beside.wanting(wanting, is_cut=is_cut)
        beside.not_wanting(not_wanting, trace.get("routes_omitted") or 0)

    def effects(self, trace: Document) -> None:
        """Write what came of the event, as a tree."""
        events = list(_tree(trace.get("effects") or (), 0))
        if not events:
            return
        self._sheet.heading("effects")
        shown = events if self._details else events[:_MOST_EFFECTS]
        for depth, event in shown:
            self._link(event, depth)
        if more := len(events) - len(shown):
            least = "at least " if trace.get("effects_cut") else ""
            self._sheet.add(text=f"and {least}{more} more (see them with -v)", meaning="dim")
        elif trace.get("effects_cut"):
            self._sheet.add(text="and more", meaning="dim")

    def _link(self, event: Document, depth: int) -> None:
        self._sheet.add(
            "└ " if depth else "",
            style(event.get("event_id"), "id"),
            "  ",
            style(time_of_day(event.get("accepted_at")), "dim"),
            text=f"  {event.get('type')}{_origin(event)}",
            indent=2 * max(0, depth - 1),
            is_reason=True,
        )

    def event(self, trace: Document) -> None:
        """Write the event as it was accepted."""
        self._sheet.heading("event")
        for one in for_person(trace.get("event")).splitlines():
            self._sheet.add(one)


def _tree(events: Sequence[Document], depth: int) -> Iterator[tuple[int, Document]]:
    for event in events:
        yield depth, event
        yield from _tree(event.get("effects") or (), depth + 1)


def _origin(event: Document) -> str:
    kind = event.get("platform_event")
    return f" {kind} from {event.get('source')}" if kind else f" from {event.get('source')}"


_REASONS = {
    "accepted": ": it is not routed yet",
    "unmatched": ": no route wanted it",
    "cut": ": the chain of events that caused it is too long (defaults.loop.max_depth)",
}


def _why(trace: Document) -> str:
    """Say why an event has the state that it has, or how long that took."""
    took, reason = trace.get("processing_ms"), _REASONS.get(str(trace.get("state")))
    if reason is not None:
        return f"{reason}; it was replayed since" if trace.get("deliveries") else reason
    return f" after {lasting(took)}" if isinstance(took, int | float) else ""
