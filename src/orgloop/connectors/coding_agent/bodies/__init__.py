"""Read what agents post: one module per form, and which form a body has."""

from __future__ import annotations

from collections.abc import Callable

from orgloop.connectors.coding_agent.bodies import codex, generic, hooks, opencode, pi
from orgloop.connectors.coding_agent.report import Report
from orgloop.event import JSONObject

_NATIVE: tuple[tuple[Callable[[JSONObject], bool], Callable[[JSONObject], Report]], ...] = tuple(
    (form.is_one, form.read) for form in (hooks, codex, opencode, pi)
)


def read(body: JSONObject) -> Report:
    """Return what a body reports; raise `InvalidPayload` for one that names no session."""
    for is_one, read_it in _NATIVE:
        if is_one(body):
            return read_it(body)
    return generic.read(body)
