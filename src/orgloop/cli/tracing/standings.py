"""How the routes stand to an event that did not go along them, and on which field they failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from orgloop.cli.look import columns_of, line, style
from orgloop.cli.tracing.sheet import Sheet
from orgloop.cli.tracing.way import as_json

Document = Mapping[str, Any]
_NEAREST = 5


@frozen
class RoutesBeside:
    """Write the routes that an event did not go along."""

    _sheet: Sheet
    _details: bool
    """Whether all are shown, however many there are."""

    def wanting(self, routes: Sequence[Document], *, is_cut: bool) -> None:
        """Write the routes that want the event and did not get it.

        It was cut off, or they did not want it when it was routed.
        """
        label = "matches" if is_cut else "matches now"
        why = "it is not routed" if is_cut else "it did not when the event was routed"
        for route in routes if self._details else routes[:_NEAREST]:
            name = style(route.get("name"), "strong")
            self._sheet.add(style(label, "warn"), "  ", name, text=f"  {why}", is_reason=True)

    def not_wanting(self, routes: Sequence[Document], omitted: int) -> None:
        """Write the routes that do not want the event, each with the field it failed on."""
        shown = routes if self._details else routes[:_NEAREST]
        for route in shown:
            self._failed(route)
        if more := len(routes) - len(shown) + omitted:
            others = "route did not want it" if more == 1 else "routes did not want it"
            self._sheet.add(text=f"{more} more {others}", meaning="dim")

    def _failed(self, route: Document) -> None:
        """Write one of them: on one line, or where that is too long on one for each value."""
        reason = route.get("reason") or {}
        head = line(style("not matched", "dim"), "  ", route.get("name"), "  ", reason.get("path"))
        told = [f"wanted {_wanted(reason)}", f"was {as_json(reason.get('actual'))}"]
        if (more := (route.get("failing") or 1) - 1) > 0:
            told.append(f"and {more} more {'condition fails' if more == 1 else 'conditions fail'}")
        on_one, room = f": {', '.join(told)}", self._sheet.columns
        if room is None or columns_of(head) + columns_of(line(on_one)) <= room:
            self._sheet.add(head, text=on_one)
            return
        self._sheet.add(head)
        for one in told:
            self._sheet.add(text=one, indent=4)


def _wanted(reason: Document) -> str:
    expected = reason.get("expected")
    if isinstance(expected, list) and expected:
        return " or ".join(map(as_json, expected))
    return as_json(expected)
