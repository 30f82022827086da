"""The ways of an event along its routes: transforms with their changes, attempts, how it ended."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Any

from attrs import frozen

from orgloop.cli.look import ago, fit, lasting, line, style, time_of_day
from orgloop.cli.meanings import is_done, word
from orgloop.cli.tracing.sheet import Sheet

Document = Mapping[str, Any]
_MOST_WAYS = 10
_MOST_CHANGES = 10
_MOST_ATTEMPTS = 6
_LONGEST_NAME = 200  # columns of what strangers call things


@frozen
class Ways:
    """Write how an event went along each route that wanted it."""

    _sheet: Sheet
    _now: float
    _details: bool
    """Whether everything is shown, however long it is."""

    def write(self, deliveries: Sequence[Document]) -> None:
        """Write each way; of many the first, and before them what asks to be looked at."""
        shown = deliveries
        if not self._details and len(deliveries) > _MOST_WAYS:
            shown = sorted(deliveries, key=lambda one: is_done(one.get("state")))[:_MOST_WAYS]
        known = {one.get("id") for one in shown}
        for delivery in shown:
            self._delivery(delivery, known)
        told = {id(one) for one in shown}
        others = Counter(str(one.get("state")) for one in deliveries if id(one) not in told)
        if others:
            states = ", ".join(f"{count} {state}" for state, count in others.items())
            more = _number(others.total(), "more delivery", "more deliveries")
            self._sheet.add(text=f"and {more}: {states} (see them with -v)", meaning="dim")

    def _delivery(self, delivery: Document, known: Container[object]) -> None:
        """Write one way; of a delivery that is ``known`` nothing is told where it carries one."""
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
        self._fate(delivery, 2)
        carrier = delivery.get("carrier")
        if carrier is not None and carrier.get("id") not in known:
            self._carried(carrier)
        elif delivery.get("into"):
            add("carried by ", style(delivery["into"], "id"), indent=2)

    def _carried(self, carrier: Document) -> None:
        """Write what became of the delivery that went out for it."""
        of = line(" of ", style(carrier.get("event_id"), "id"))
        self._sheet.add("carried by ", style(carrier.get("id"), "id"), of, indent=2)
        self._sheet.add(word(carrier.get("state")), indent=4)
        self._fate({**carrier, "steps": ()}, 4)

    def _fate(self, delivery: Document, indent: int) -> None:
        verdicts = delivery.get("steps") or ()
        changes = delivery.get("changes") or [{}] * len(verdicts)
        for step, changed in zip(verdicts, changes, strict=False):
            self.step(step, changed)
        self._attempts(delivery.get("attempt_history") or (), indent)
        self._standing(delivery, indent)

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
            is_reason=True,
        )
        changes = changed.get("changes") or []
        shown = changes if self._details else changes[:_MOST_CHANGES]
        for change in shown:
            self._change(change)
        if more := len(changes) - len(shown) + (changed.get("omitted") or 0):
            self._sheet.add(text=f"and {_number(more, 'more change')}", meaning="dim", indent=4)

    def _change(self, change: Document) -> None:
        path = change.get("path")
        before, after = as_json(change.get("before")), as_json(change.get("after"))
        if "before" in change and "after" in change and before == after:
            self._sheet.add(text=f"~ {path}: {before} (it differs further on)", indent=4)
            return
        if "before" in change:
            self._sheet.add(text=f"- {path}: {before}", meaning="bad", indent=4)
        if "after" in change:
            self._sheet.add(text=f"+ {path}: {after}", meaning="good", indent=4)

    def _attempts(self, attempts: Sequence[Document], indent: int) -> None:
        hidden = 0 if self._details else max(0, len(attempts) - _MOST_ATTEMPTS)
        if hidden:
            earlier = _number(hidden, "earlier attempt")
            self._sheet.add(text=f"{earlier} (see them with -v)", meaning="dim", indent=indent)
        before = None
        for attempt in attempts[hidden:]:
            error = attempt.get("error")
            told, before = "as before" if error and error == before else error, error
            self._sheet.add(
                "attempt ",
                attempt.get("attempt"),
                "  ",
                time_of_day(attempt.get("started_at")),
                "  ",
                word(attempt.get("outcome")),
                "  ",
                style(lasting(attempt.get("duration_ms") or 0), "dim"),
                text=f"  {told}" if told else "",
                indent=indent,
                is_reason=True,
            )

    def _standing(self, delivery: Document, indent: int) -> None:
        """Write the actor's answer, or what comes next, or why it ended without an attempt."""
        add = self._sheet.add
        if delivery.get("tracking_id"):
            name = fit(delivery["tracking_id"], _LONGEST_NAME)
            add("tracking id ", style(name, "id"), indent=indent)
        if delivery.get("members"):
            add(text=f"a batch of {_number(len(delivery['members']), 'event')}", indent=indent)
        if delivery.get("session_key"):
            add("for session ", fit(delivery["session_key"], _LONGEST_NAME), indent=indent)
        if told := self._waiting(delivery):
            add(text=told, indent=indent)
        if away := delivery.get("actor_away"):
            why = "" if away == _last_error(delivery) else f": {away}"
            told = f"{delivery.get('actor')} is degraded{why}"
            add(text=told, meaning="bad", indent=indent, is_reason=True)
        if delivery.get("error") and not _is_told(delivery):
            add(text=delivery["error"], indent=indent, is_reason=True)

    def _waiting(self, delivery: Document) -> str:
        """Say what a delivery waits for that nobody holds."""
        if delivery.get("settled_at") or delivery.get("state") != "waiting":
            return ""
        attempt = "next attempt" if delivery.get("attempt_history") else "first attempt"
        if delivery.get("due_at"):
            due = ago(delivery["due_at"], self._now)
            return f"{attempt} {due}" if due.startswith("in ") else f"the {attempt} is due"
        if delivery.get("order_key") is not None:
            return f"waits behind others with the order key {delivery['order_key']}"
        return "waits until the project has its route and its actor again"


def _notes(delivery: Document) -> str:
    """Say what tells a delivery from others along the same route."""
    notes = [word for word in ("replay", "batch") if delivery.get(word)]
    return f"  {', '.join(notes)}" if notes else ""


def _last_error(delivery: Document) -> object:
    attempts: Sequence[Document] = delivery.get("attempt_history") or ({},)
    return attempts[-1].get("error")


def _is_told(delivery: Document) -> bool:
    """Whether a transform's detail or an attempt's error has told the delivery's error already."""
    said = [one.get("error") for one in delivery.get("attempt_history") or []]
    said += [one.get("detail") for one in delivery.get("steps") or []]
    error = str(delivery["error"])
    return any(one and error.endswith(str(one)) for one in said)


def as_json(value: object) -> str:
    """Write a value on one line; see `orgloop.brief` for what is there of one that is large."""
    is_beginning = isinstance(value, str) and value[:1] in ("{", "[") and value.endswith("…")
    return str(value) if is_beginning else json.dumps(value, ensure_ascii=False)


def _number(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"
