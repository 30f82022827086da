"""States on the command line, checked before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem

from orgloop.cli.completing import last_of
from orgloop.commas import words

# As in `orgloop.delivery`, which need not be imported for them.
OPEN = ("matched", "waiting", "delivering", "held", "inbox")
SETTLED = ("delivered", "dropped", "rejected", "dead", "merged", "skipped", "discarded")
UNROUTED = ("unmatched", "cut")


class States(click.ParamType):  # type: ignore[type-arg]  # older clicks take no argument
    """Some of a number of states, separated by commas."""

    def __init__(self, known: Sequence[str], name: str = "state") -> None:
        self.name = name
        self._known = known

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        states = words(str(value))
        for state in states:
            if state not in self._known:
                self.fail(f"{state!r} is none of {', '.join(self._known)}", param, ctx)
        return ",".join(states)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return last_of(lambda context: self._known)(ctx, param, incomplete)
