"""Run ``twistd`` with our one command, without the search for everybody else's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from twisted.application.service import ServiceMaker
from twisted.python.usage import UsageError
from twisted.scripts._twistd_unix import ServerOptions
from twisted.scripts.twistd import runApp

from orgloop.errors import InvalidValue

_COMMAND = "orgloop"


class _OnlyOrgLoop(ServerOptions):
    """``twistd``'s options with one command; looking for plugins takes longer than all the rest."""

    @property
    def subCommands(self) -> Iterator[tuple[str, None, Any, str]]:
        maker = ServiceMaker("OrgLoop", "orgloop.daemon.tap", "Run an OrgLoop project.", _COMMAND)
        self.loadedPlugins = {_COMMAND: maker}
        yield _COMMAND, None, maker.options, maker.description


def run_in_foreground(arguments: Sequence[str]) -> None:
    """Do what ``twistd -n orgloop`` does with these arguments; return when the runtime has ended.

    May leave with `SystemExit` when the start fails.
    """
    options = _OnlyOrgLoop()
    try:
        options.parseOptions(["--nodaemon", _COMMAND, *arguments])
    except UsageError as error:
        raise InvalidValue(str(error)) from error
    runApp(options)
