"""Run ``twistd`` with our own commands, without the search for everybody else's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from twisted.application.service import ServiceMaker
from twisted.python.usage import UsageError
from twisted.scripts._twistd_unix import ServerOptions, UnixApplicationRunner

from orgloop.daemon import signals
from orgloop.daemon.log.streams import keep_own
from orgloop.errors import InvalidValue, OrgLoopError

_RUNTIME, _SUPERVISOR = "orgloop", "supervisor"
_FAILED = 1
_STANDARD_ERROR = 2


class _OurCommands(ServerOptions):
    """``twistd``'s options with our commands; looking for plugins takes longer than all the rest.

    Each command is a module that has ``Options`` and ``makeService``, imported when it is called.
    """

    makers: Mapping[str, str] = {_RUNTIME: "orgloop.daemon.tap"}

    @property
    def subCommands(self) -> Iterator[tuple[str, None, Any, str]]:
        self.loadedPlugins = {
            name: ServiceMaker("OrgLoop", module, "Run OrgLoop.", name)
            for name, module in self.makers.items()
        }
        for name, maker in self.loadedPlugins.items():
            # Asked only when its command is the one: the supervisor imports nothing of a runtime.
            yield name, None, partial(_options_of, maker), maker.description


class _LaunchedCommands(_OurCommands):
    """Those that a process of ours starts, with descriptors handed over."""

    makers = {
        _RUNTIME: "orgloop.daemon.launched",
        _SUPERVISOR: "orgloop.daemon.supervisor.tap",
    }


class _Refused(OrgLoopError):
    """The start has ended, and whoever waits for it was told."""


class _Runner(UnixApplicationRunner):
    """Do as ``twistd`` does, and say what goes wrong before a service could."""

    def setupEnvironment(
        self, chroot: str | None, rundir: str, nodaemon: bool, umask: int | None, pidfile: str
    ) -> None:
        """Leave the terminal, if that is wanted, and write the PID file."""
        try:
            super().setupEnvironment(chroot, rundir, nodaemon, umask, pidfile)
        except OSError as error:
            why = f"{error.filename or pidfile} cannot be used: {error.strerror}"
            remedy = "check the disk and the directory's permissions"
            keep_own()
            self.config.subOptions.refuse([f"orgloop: {why}; {remedy}"])
            raise _Refused from error

    def _waitForStart(self, readPipe: int) -> int:
        signals.be_mortal()
        # While this process has the other end, the pipe has none; and whoever launched it waits
        # for the end of another, which it has too.
        _keep_only(readPipe)
        status: int = super()._waitForStart(readPipe)
        return status


def run_in_foreground(arguments: Sequence[str]) -> None:
    """Do what ``twistd -n orgloop`` does with these arguments; return when the runtime has ended.

    May leave with `SystemExit` when the start fails.
    """
    signals.end_at_once()
    options = _OurCommands()
    _parse(options, ["--nodaemon", _RUNTIME, *arguments])
    _run(options)


def run_launched(arguments: Sequence[str]) -> None:
    """Do what ``twistd`` does with these arguments; see `orgloop.daemon.launch`."""
    signals.end_at_once()
    options = _LaunchedCommands()
    _parse(options, arguments)
    _run(options)


def _keep_only(descriptor: int) -> None:
    """Close all the others but the standard streams.

    Those that are open are listed: in a container there may be a billion that could be.
    """
    for name in os.listdir("/dev/fd"):
        if int(name) > _STANDARD_ERROR and int(name) != descriptor:
            with suppress(OSError):  # the listing had one of its own
                os.close(int(name))


def _options_of(maker: Any) -> Any:
    return maker.options()


def _parse(options: _OurCommands, arguments: Sequence[str]) -> None:
    try:
        options.parseOptions(list(arguments))
    except UsageError as error:
        raise InvalidValue(str(error)) from error


def _run(options: _OurCommands) -> None:
    try:
        _Runner(options).run()
    except OrgLoopError:
        # Its text was for whoever waits for the start, and has been told.
        raise SystemExit(_FAILED) from None
