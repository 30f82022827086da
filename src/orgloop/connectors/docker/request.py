"""What a route asks for: an action, and how it is done. Not on what: that is the actor's to say."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from orgloop.connectors.docker.config import duration
from orgloop.durations import Duration
from orgloop.errors import InvalidValue

ACTIONS = (
    "container.start",
    "container.stop",
    "container.restart",
    "container.exec",
    "cluster.start",
    "cluster.shutdown",
)

ROUTE_OPTIONS = ("action", "command", "delay")
"""What a route may say in its ``then.config``."""


@frozen
class Request:
    """One action that is asked for."""

    action: str
    command: tuple[str, ...] = ()
    """For ``container.exec``: the program and its arguments. No shell reads them."""
    delay: Duration = Duration(0)


def request_of(route: Mapping[str, Any]) -> Request:
    """Read a route's ``then.config``; raise `InvalidValue` for what cannot be done."""
    action = route.get("action")
    if action not in ACTIONS:
        raise InvalidValue(f"then.config.action of the route is one of {', '.join(ACTIONS)}")
    command = _command(route.get("command")) if action == "container.exec" else ()
    delay = route.get("delay")
    try:
        return Request(action, command, Duration(0) if delay in (None, "") else duration(delay))
    except InvalidValue as error:
        raise InvalidValue(f"then.config.delay of the route: {error}") from None


def _command(value: object) -> tuple[str, ...]:
    """Return the words of a command; a text is taken apart at its blanks, as a shell would."""
    try:
        words = shlex.split(value) if isinstance(value, str) else value
    except ValueError as error:
        raise InvalidValue(f"then.config.command of the route: {error}") from None
    if not isinstance(words, list) or not words or not all(isinstance(one, str) for one in words):
        raise InvalidValue(
            "then.config.command of the route is a list of words, the program first, as in "
            "[systemctl, reload, app]"
        )
    if not words[0] or any("\0" in one for one in words):
        raise InvalidValue("then.config.command of the route names no program, or holds a NUL")
    return tuple(words)
