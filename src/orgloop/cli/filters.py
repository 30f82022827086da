"""The options by which deliveries are chosen, the same for every command that does so."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import click
from attrs import asdict, frozen

from orgloop.cli.completing import names_of
from orgloop.cli.moments import MOMENT

F = TypeVar("F", bound=Callable[..., Any])
TimeOf = Literal["created", "settled"]


@frozen
class Filters:
    """Which deliveries are meant; `None` restricts nothing."""

    route: str | None
    actor: str | None
    reason: str | None
    since: str | None
    until: str | None
    project: str | None

    def criteria(self, time: TimeOf) -> dict[str, str]:
        """Return them as the API knows them; ``time`` is what since and until are about."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        names = {"since": "settled_from", "until": "settled_to"}
        if time == "created":
            names = {"since": "from", "until": "to"}
        return {names.get(name, name): value for name, value in given.items()}


def delivery_filters(command: F) -> F:
    """Give a command these options; it gets them together, as ``filters``."""

    @functools.wraps(command)
    def with_filters(
        *arguments: Any,
        route: str | None,
        actor: str | None,
        reason: str | None,
        since: str | None,
        until: str | None,
        project: str | None,
        **others: Any,
    ) -> Any:
        filters = Filters(route, actor, reason, since, until, project)
        return command(*arguments, filters=filters, **others)

    decorated: Any = with_filters
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]  # click keeps what it decorates


SINCE = click.option(
    "--since", "--from", "since", type=MOMENT, metavar="TIME|AGE", help="Only from then on."
)
UNTIL = click.option(
    "--until", "--to", "until", type=MOMENT, metavar="TIME|AGE", help="Only before then."
)
PROJECT = click.option("--project", metavar="NAME", help="Only of this project.")
LIMIT = click.option(
    "--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most so many."
)
YES = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--route",
        shell_complete=names_of("route"),
        metavar="NAME",
        help="Only of these routes (a,b).",
    ),
    click.option(
        "--actor",
        shell_complete=names_of("actor"),
        metavar="ID",
        help="Only to these actors (a,b).",
    ),
    click.option("--reason", metavar="TEXT", help="Only with this text in the reason."),
    SINCE,
    UNTIL,
    PROJECT,
)
