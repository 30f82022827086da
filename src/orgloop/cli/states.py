"""States on the command line, checked before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence

import click

# As in `orgloop.delivery`, which need not be imported for them.
OPEN = ("matched", "waiting", "delivering", "held", "inbox")
SETTLED = ("delivered", "dropped", "rejected", "dead", "merged", "skipped", "discarded")
UNROUTED = ("unmatched", "cut")


class States(click.ParamType):  # type: ignore[type-arg]  # older clicks take no argument
    """Some of a number of states, separated by commas."""

    name = "state"

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        states = [state for state in str(value).split(",") if state]
        for state in states:
            if state not in self._known:
                self.fail(f"{state!r} is none of {', '.join(self._known)}", param, ctx)
        return ",".join(states)
