"""A source that does whatever a test writes down for it, in the runtime's own process."""

from __future__ import annotations

from pathlib import Path

from support.lifecycle import PROJECT

PLUGIN = '''\
import os, re, sys, time

from attrs import frozen
from zope.interface import implementer

from orgloop.sdk import IPollingSource, PluginContext, PollResult, Registration


@frozen
class Nothing:
    """No options."""


@implementer(IPollingSource)
class Mischief:
    """Run what the file `act` says, once."""

    def __init__(self, config: Nothing, context: PluginContext) -> None:
        self._file = context.directory / "act"

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def poll(self, checkpoint: str | None) -> PollResult:
        if self._file.exists():
            code = self._file.read_text()
            self._file.unlink()
            exec(compile(code, str(self._file), "exec"))
        return PollResult([], checkpoint=None)


registration = Registration(id="mischief", source=Mischief, config=Nothing)
'''
_SOURCE = "  - {id: odd, connector: ./mischief.py, poll: {interval: 20ms}}\n"


def write_mischief(project: Path) -> None:
    """Write a project that has the source, and its plugin beside it."""
    (project / "mischief.py").write_text(PLUGIN, "utf-8")
    head, sources, rest = PROJECT.partition("sources:\n")
    (project / "orgloop.yaml").write_text(head + sources + _SOURCE + rest, "utf-8")


def have_done(project: Path, code: str) -> None:
    """Have the running runtime execute some Python on its reactor's thread."""
    unfinished = project / "act.part"
    unfinished.write_text(code, "utf-8")
    unfinished.rename(project / "act")
