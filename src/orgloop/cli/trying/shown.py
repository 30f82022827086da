"""Show what a project makes of an event, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orgloop.brief import brief
from orgloop.cli.look import Meaning, Painted, fit, line, style, width
from orgloop.cli.output import show
from orgloop.delivery import DeliveryState, Prompt
from orgloop.flow.explaining import Standing
from orgloop.hidden import Hidden
from orgloop.records import Step
from orgloop.runtime.rehearsal.outcome import Outcome, Rehearsed

_MEANINGS: dict[DeliveryState, Meaning] = {
    DeliveryState.DROPPED: "warn",
    DeliveryState.HELD: "warn",
    DeliveryState.DEAD: "bad",
}
_NEAREST = 5


def show_rehearsed(rehearsed: Rehearsed, hidden: Hidden, *, verbose: bool) -> None:
    """Write what becomes of an event along each route that it matches, and why not of others.

    ``verbose`` adds the event as each actor would get it, and its prompt.
    """
    for one in _lines(rehearsed, hidden, verbose=verbose):
        show(fit(one, width()))


def _lines(rehearsed: Rehearsed, hidden: Hidden, *, verbose: bool) -> Iterator[str]:
    event = rehearsed.event
    kind = event.provenance.get("platform_event")
    yield line(
        style(event.id, "id"), "  ", event.type, "  ", event.source, f"  {kind}" if kind else ""
    )
    for outcome in rehearsed.outcomes.values():
        yield from _outcome(outcome, hidden, verbose=verbose)
    if not rehearsed.outcomes:
        yield line(style("unmatched", "warn"), ": no route wants it")
    others = [one for one in rehearsed.standings.routes if not one.matched]
    shown = others if verbose else others[:_NEAREST]
    for standing in shown:
        yield _not_matched(standing, hidden)
    more = rehearsed.standings.omitted + len(others) - len(shown)
    if more:
        yield style(
            f"and {more} more {'routes do' if more > 1 else 'route does'} not want it", "dim"
        )


def _outcome(outcome: Outcome, hidden: Hidden, *, verbose: bool) -> Iterator[str]:
    state = style(outcome.state, _MEANINGS.get(outcome.state, "good"))
    yield line(style(outcome.route, "strong"), " -> ", outcome.actor, ": ", state)
    for step in outcome.steps:
        yield from _step(step)
    if outcome.error is not None and not outcome.steps:
        yield line("  ", hidden.conceal(outcome.error))
    for key, value in (outcome.config or {}).items():
        yield line(f"  {key}: ", _text(brief(value, hidden)))
    if outcome.order_key:
        yield line("  in order behind: ", hidden.conceal(outcome.order_key))
    if outcome.prompt is not None:
        yield line("  prompt: ", outcome.prompt.file)
    if verbose:
        yield from _whole(outcome, outcome.prompt, hidden)


def _step(step: Step) -> Iterator[str]:
    meaning: Meaning = "dim" if step.verdict == "pass" else "warn"
    why = f": {step.detail}" if step.detail else ""
    yield line("  ", step.transform, " ", style(step.verdict, meaning), why)


def _whole(outcome: Outcome, prompt: Prompt | None, hidden: Hidden) -> Iterator[str]:
    import json

    written = json.dumps(outcome.event.to_json(), indent=2, ensure_ascii=False)
    for one in hidden.conceal(written).splitlines():
        yield line("    ", one)
    for one in prompt.text.splitlines() if prompt is not None else ():
        yield line("  | ", one)


def _not_matched(standing: Standing, hidden: Hidden) -> Painted:
    reason = standing.reason
    assert reason is not None  # what matches has none
    wanted, was = (_text(brief(one, hidden)) for one in (reason.expected, reason.actual))
    return line(
        style("not ", "dim"), standing.name, ": ", reason.path, " is ", was, ", wanted ", wanted
    )


def _text(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
