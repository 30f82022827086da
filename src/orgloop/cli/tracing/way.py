"""The ways of an event along its routes: transforms with their changes, attempts, how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from orgloop.cli.look import ago, lasting, style, time_of_day
from orgloop.cli.tracing.meanings import word
from orgloop.cli.tracing.sheet import Sheet

Document = Mapping[str, Any]
_MOST_CHANGES = 10
_MOST_ATTEMPTS = 6
_NEAREST = 5


@frozen
class Ways:
    """Write how an event went along each route, and why it did not go along others."""

    _sheet: Sheet
    _now: float
    _details: bool
    """Whether everything is shown, however long it is."""

    def write(self, trace: Document) -> None:
        """Write deliveries first, then the routes that did not want the event.

        A route may have taken the event and not want such a one any more: its way is what counts.
        """
        deliveries = trace.get("deliveries") or []
        taken = {delivery.get("route") for delivery in deliveries}
        routes = [
            one
            for one in trace.get("routes") or []
            if not one.get("matched") and one.get("name") not in taken
        ]
        if not deliveries and not routes:
            return
        self._sheet.heading("routes")
        for delivery in deliveries:
            self._delivery(delivery)
        self.not_matched(routes, trace.get("routes_omitted") or 0)

    def _delivery(self, delivery: Document) -> None:
        add = self._sheet.add
        add(
            word(delivery.get("state")),
            "  ",
            style(delivery.get("route"), "strong"),
            " → ",
            delivery.get("actor"),
            text=_notes(delivery),
            meaning="dim",
        )
        add(style(delivery.get("id"), "id"), indent=2)
        verdicts = [step.get("verdict") for step in delivery.get("steps") or []]
        changes = delivery.get("changes") or [{}] * len(verdicts)
        for step, changed in zip(delivery.get("steps") or [], changes, strict=False):
            self.step(step, changed)
        self._attempts(delivery.get("attempt_history") or [])
        self._standing(delivery)

    def step(self, step: Document, changed: Document) -> None:
        """Write what a transform said, and what it changed."""
        self._sheet.add(
            "transform ",
            step.get("transform"),
            "  ",
            word(step.get("verdict")),
            "  ",
            style(lasting(step.get("duration_ms") or 0), "dim"),
            text=f"  {step['detail']}" if step.get("detail") else "",
            indent=2,
        )
        changes = changed.get("changes") or []
        shown = changes if self._details else changes[:_MOST_CHANGES]
        for change in shown:
            self._change(change)
        if more := len(changes) - len(shown) + (changed.get("omitted") or 0):
            self._sheet.add(text=f"and {_number(more, 'more change')}", meaning="dim", indent=4)

    def _change(self, change: Document) -> None:
        path = change.get("path")
        before, after = _json(change.get("before")), _json(change.get("after"))
        if "before" in change and "after" in change and before == after:
            self._sheet.add(text=f"~ {path}: {before} (it differs further on)", indent=4)
            return
        if "before" in change:
            self._sheet.add(text=f"- {path}: {before}", meaning="bad", indent=4)
        if "after" in change:
            self._sheet.add(text=f"+ {path}: {after}", meaning="good", indent=4)

    def _attempts(self, attempts: Sequence[Document]) -> None:
        hidden = 0 if self._details else max(0, len(attempts) - _MOST_ATTEMPTS)
        if hidden:
            earlier = _number(hidden, "earlier attempt")
            self._sheet.add(text=f"{earlier} (see them with -v)", meaning="dim", indent=2)
        for attempt in attempts[hidden:]:
            self._sheet.add(
                "attempt ",
                attempt.get("attempt"),
                "  ",
                time_of_day(attempt.get("started_at")),
                "  ",
                word(attempt.get("outcome")),
                "  ",
                style(lasting(attempt.get("duration_ms") or 0), "dim"),
                text=f"  {attempt['error']}" if attempt.get("error") else "",
                indent=2,
            )

    def _standing(self, delivery: Document) -> None:
        """Write the actor's answer, or what comes next, or why it ended without an attempt."""
        add = self._sheet.add
        if delivery.get("tracking_id"):
            add("tracking id ", style(delivery["tracking_id"], "id"), indent=2)
        if delivery.get("members"):
            add(text=f"a batch of {_number(len(delivery['members']), 'event')}", indent=2)
        if delivery.get("into"):
            add("carried by ", style(delivery["into"], "id"), indent=2)
        if delivery.get("due_at") and not delivery.get("settled_at"):
            add("next attempt ", ago(delivery["due_at"], self._now), indent=2)
        if delivery.get("error") and not _is_told(delivery):
            add(text=delivery["error"], indent=2)

    def not_matched(self, routes: Sequence[Document], omitted: int) -> None:
        """Write the routes that did not want the event, each with the field it failed on."""
        shown = routes if self._details else routes[:_NEAREST]
        for route in shown:
            reason = route.get("reason") or {}
            self._sheet.add(
                style("not matched", "dim"),
                "  ",
                route.get("name"),
                text=f"  {reason.get('path')}: wanted {_wanted(reason)}, "
                f"was {_json(reason.get('actual'))}",
            )
        if more := len(routes) - len(shown) + omitted:
            others = "route did not want it" if more == 1 else "routes did not want it"
            self._sheet.add(text=f"{more} more {others}", meaning="dim")


def _notes(delivery: Document) -> str:
    """Say what tells a delivery from others along the same route."""
    notes = [word for word in ("replay", "batch") if delivery.get(word)]
    return f"  {', '.join(notes)}" if notes else ""


def _is_told(delivery: Document) -> bool:
    """Whether a transform's detail or an attempt's error has told the delivery's error already."""
    said = [one.get("error") for one in delivery.get("attempt_history") or []]
    said += [one.get("detail") for one in delivery.get("steps") or []]
    error = str(delivery["error"])
    return any(one and error.endswith(str(one)) for one in said)


def _wanted(reason: Document) -> str:
    expected = reason.get("expected")
    if isinstance(expected, list) and expected:
        return " or ".join(map(_json, expected))
    return _json(expected)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
