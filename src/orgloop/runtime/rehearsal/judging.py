"""Compare what becomes of an event with what a suite expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from orgloop.brief import brief
from orgloop.config.model import ProjectDefinition
from orgloop.config.suites.blocks import ExpectedRouteBlock, PromptBlock
from orgloop.config.suites.suite import Expected
from orgloop.dotpath import MISSING, lookup
from orgloop.flow.explaining import explain
from orgloop.flow.matching import exact
from orgloop.runtime.rehearsal.outcome import Outcome, Rehearsed


@frozen(kw_only=True)
class Miss:
    """One thing that is not as it is expected; both values are JSON."""

    path: str
    """What it is: ``routes``, ``github-pr-review.event.payload.pr_number``."""
    expected: Any
    actual: Any
    why: str = ""
    """What explains it, if something does."""


def misses(expected: Expected, rehearsed: Rehearsed, project: ProjectDefinition) -> Iterator[Miss]:
    """Yield everything that is not as a suite expects it."""
    matched, wanted = rehearsed.outcomes, expected.routes
    reasons = [_why_not(project, name, rehearsed) for name in wanted if name not in matched]
    too_many = [name for name in matched if name not in wanted] if expected.is_all else []
    if reasons or too_many:
        reasons += [f"{name} wants it, too" for name in too_many]
        yield Miss(
            path="routes" if expected.is_all else "among",
            expected=list(wanted),
            actual=list(matched),
            why="; ".join(reasons),
        )
    for name, block in wanted.items():
        if name in matched:
            yield from _of_route(name, block, matched[name])


def _why_not(project: ProjectDefinition, name: str, rehearsed: Rehearsed) -> str:
    event = rehearsed.event
    if rehearsed.is_duplicate:
        return f"{name}: an event with the id {event.id} came before, so no route sees it"
    [standing] = explain([project.routes[name]], event).routes
    reason = standing.reason
    assert reason is not None  # it does not match
    return f"{name}: {reason.path} is {_text(reason.actual)}, wanted {_text(reason.expected)}"


def _of_route(name: str, block: ExpectedRouteBlock, outcome: Outcome) -> Iterator[Miss]:
    why = outcome.error or ""
    plain = {
        "state": (block.state, str(outcome.state)),
        "by": (block.by, outcome.by),
        "actor": (block.actor, outcome.actor),
        "order_key": (block.order_key, outcome.order_key),
    }
    for key, (wanted, was) in plain.items():
        if wanted is not None and wanted != was:
            yield Miss(path=f"{name}.{key}", expected=wanted, actual=was, why=why)
    if block.reason is not None and block.reason not in why:
        yield Miss(path=f"{name}.reason", expected=f"… {block.reason} …", actual=outcome.error)
    yield from _failures(f"{name}.fails", block.fails, outcome)
    yield from _values(f"{name}.event", block.event, outcome.event.to_json())
    if block.config and outcome.config is None:
        yield Miss(path=f"{name}.config", expected=dict(block.config), actual=None, why=why)
    else:
        yield from _values(f"{name}.config", block.config, outcome.config or {})
    if block.prompt is not None:
        yield from _prompt(f"{name}.prompt", block.prompt, outcome)


def _failures(path: str, wanted: str | None, outcome: Outcome) -> Iterator[Miss]:
    """Yield transforms that failed and let the event pass: nobody would notice them else."""
    failed = {step.transform: step.detail for step in outcome.steps if step.verdict == "error"}
    expected = [] if wanted is None else [wanted]
    if list(failed) != expected:
        why = "; ".join(f"{transform}: {detail}" for transform, detail in failed.items())
        yield Miss(path=path, expected=expected, actual=list(failed), why=why)


def _values(path: str, wanted: Mapping[str, Any], document: Any) -> Iterator[Miss]:
    for key, value in wanted.items():
        was = lookup(document, key)
        if exact(was) != exact(value):
            actual, why = (None, "it is not there") if was is MISSING else (was, "")
            yield Miss(path=f"{path}.{key}", expected=value, actual=actual, why=why)


def _prompt(path: str, wanted: PromptBlock, outcome: Outcome) -> Iterator[Miss]:
    was = outcome.prompt.text if outcome.prompt is not None else None
    why = "" if was is not None else outcome.error or "it has none"
    if wanted.equals is not None and (was or "").strip() != wanted.equals.strip():
        actual = was if was is None else was.strip()
        yield Miss(path=path, expected=wanted.equals.strip(), actual=actual, why=why)
    for text in wanted.contains:
        if text not in (was or ""):
            yield Miss(path=path, expected=f"… {text} …", actual=brief(was), why=why)


def _text(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
