"""Hear what other processes of the same person ask of a supervisor, over the socket in the home."""

from __future__ import annotations

import orjson
from attrs import define

from orgloop.daemon.succession.doorway import Caller
from orgloop.daemon.supervisor.machine import Supervision
from orgloop.daemon.supervisor.request import RestartRequest
from orgloop.daemon.telling.report import Failed, Outcome, to_line


@define(eq=False)
class Door:
    """Answer ``{"restart": true}`` with a line of `orgloop.daemon.telling.report`, and hang up."""

    _machine: Supervision

    def hear(self, caller: Caller, line: bytes) -> None:
        """Take one line; see `orgloop.daemon.succession.doorway.Doorway`."""

        def answer(outcome: Outcome) -> None:
            if caller.fileno() >= 0:  # whoever asked may have gone
                caller.tell(to_line(outcome))
                caller.hang_up()

        if _asks_for_restart(line):
            self._machine.replace(RestartRequest(answer))
        else:
            answer(Failed(1, ("orgloop: a supervisor is asked for a restart only",)))


def _asks_for_restart(line: bytes) -> bool:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return isinstance(document, dict) and document.get("restart") is True
