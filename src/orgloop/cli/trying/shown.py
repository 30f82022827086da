"""Show what a project makes of an event, on a terminal: as `orgloop trace` shows what it made."""

from __future__ import annotations

import json
from typing import Any

from orgloop.brief import brief
from orgloop.cli.look import Painted, style
from orgloop.cli.meanings import word
from orgloop.cli.output import for_person
from orgloop.cli.tracing.sheet import Sheet
from orgloop.cli.tracing.standings import RoutesBeside
from orgloop.cli.tracing.way import Ways
from orgloop.hidden import Hidden
from orgloop.runtime.rehearsal.outcome import Outcome, Rehearsed


def rehearsed_text(rehearsed: Rehearsed, hidden: Hidden, *, details: bool) -> Painted:
    """Return what becomes of an event along each route that it matches, and why not of others.

    ``details`` adds the event as each actor would get it, and its prompt, and leaves nothing out.
    """
    sheet = Sheet(is_whole=details)
    ways = Ways(sheet, 0.0, details)
    event = rehearsed.event
    kind = event.provenance.get("platform_event")
    sheet.add(style(event.id, "id"))
    sheet.add(
        style(f"{event.type} {kind}" if kind else event.type, "strong"), " from ", event.source
    )
    if rehearsed.is_duplicate:
        sheet.add(word(rehearsed.state), ": an event of this id came before, so no route sees it")
    elif not rehearsed.outcomes:
        sheet.add(word(rehearsed.state), ": no route wants it")
    for outcome in rehearsed.outcomes.values():
        _add_outcome(sheet, ways, outcome, hidden, details=details)
    others = [one.to_json() for one in rehearsed.standings.routes if not one.matched]
    RoutesBeside(sheet, details).not_wanting(others, rehearsed.standings.omitted)
    return sheet.whole()


def _add_outcome(
    sheet: Sheet, ways: Ways, outcome: Outcome, hidden: Hidden, *, details: bool
) -> None:
    sheet.add(word(outcome.state), "  ", style(outcome.route, "strong"), " → ", outcome.actor)
    for step in outcome.steps:
        said = step.to_json()
        ways.step(said, {"changes": said.get("changes"), "omitted": said.get("changes_omitted")})
    if outcome.error is not None and outcome.by is None:
        sheet.add(text=hidden.conceal(outcome.error), indent=2)
    for key, value in (outcome.config or {}).items():
        sheet.add(key, ": ", text=_text(brief(value, hidden)), indent=2)
    if outcome.order_key:
        sheet.add("in order behind ", text=hidden.conceal(outcome.order_key), indent=2)
    if outcome.prompt is not None:
        sheet.add("prompt ", text=outcome.prompt.file, indent=2)
    if details:
        _add_whole(sheet, outcome)


def _add_whole(sheet: Sheet, outcome: Outcome) -> None:
    """Write the event and the prompt, as they would be handed over."""
    for one in for_person(outcome.event.to_json()).split("\n"):
        sheet.add(one, indent=4)
    for one in outcome.prompt.text.rstrip("\n").split("\n") if outcome.prompt is not None else ():
        sheet.add("| ", one, indent=2)


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
