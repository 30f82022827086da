"""The script transform: a program of the project's own changes, passes or drops events."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path

import orjson
from attrs import field, frozen
from twisted.internet.defer import DeferredSemaphore
from twisted.logger import Logger
from zope.interface import implementer

from orgloop.errors import InvalidEvent, OrgLoopError
from orgloop.event import Event
from orgloop.interfaces import IAsyncTransform
from orgloop.options import option
from orgloop.plugin import PluginContext, Registration
from orgloop.printable import printable
from orgloop.reports import TransformContext
from orgloop.sdk.processes import Finished, child_environment, run
from orgloop.sdk.rewriting import rewritten

_MAX_OUTPUT_BYTES = 10_000_000
_AT_A_TIME = 8
_DROP = frozenset({1, 78})  # 78 is EX_CONFIG of sysexits.h, which older scripts use
# A script that is late is not asked twice: what it does after SIGTERM nobody waits for.
_KILL_GRACE_SECONDS = 1.0


class ScriptFailed(OrgLoopError):
    """A script ended in a way that says neither what the event is now nor that it is dropped."""


@frozen(kw_only=True)
class ScriptConfig:
    """Which program is run for each event."""

    script: Path = option("The program; it is run in its own directory.", structural=True)
    timeout_ms: int = option(
        "Milliseconds that one event may take; then the program and its children are ended.",
        default=30_000,
    )


@frozen
class ScriptSlots:
    """How many scripts a runtime runs at a time."""

    semaphore: DeferredSemaphore = field(factory=lambda: DeferredSemaphore(_AT_A_TIME))


@implementer(IAsyncTransform)
class Script:
    """Hand each event to a program, and read what it becomes."""

    _log = Logger()

    def __init__(self, config: ScriptConfig, context: PluginContext) -> None:
        self._config = config
        self._context = context
        self._slots = context.shared.one(ScriptSlots, ScriptSlots)

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    async def apply(self, event: Event, context: TransformContext) -> Event | None:
        """Run the script; see `IAsyncTransform.apply`. Raises `ScriptFailed`."""
        slots = self._slots.semaphore
        await slots.acquire()
        try:
            finished = await self._run(event, context)
        finally:
            slots.release()
        self._report(finished)
        return _verdict(event, finished, self._config.timeout_ms)

    async def _run(self, event: Event, context: TransformContext) -> Finished:
        script = self._config.script
        return await run(
            self._context.processes,
            self._context.clock,
            [str(script)],
            cwd=script.parent,
            env=self._environment(event, context),
            stdin=event.to_bytes(),
            timeout_seconds=self._config.timeout_ms / 1000,
            max_output_bytes=_MAX_OUTPUT_BYTES,
            end_on_overflow=True,
            kill_grace_seconds=_KILL_GRACE_SECONDS,
        )

    def _environment(self, event: Event, context: TransformContext) -> Mapping[str, str]:
        return child_environment(
            self._context.environ,
            ORGLOOP_SOURCE=context.source,
            ORGLOOP_TARGET=context.target,
            ORGLOOP_EVENT_TYPE=context.event_type,
            ORGLOOP_EVENT_ID=event.id,
            ORGLOOP_ROUTE=context.route,
            # For scripts of older projects.
            SOURCE=context.source,
            TARGET=context.target,
            EVENT_TYPE=context.event_type,
        )

    def _report(self, finished: Finished) -> None:
        if finished.stderr_tail:
            self._log.info(
                "script {script} said: {said}",
                script=self._context.id,
                said=printable(finished.stderr_tail.decode(errors="replace").strip()),
            )


def _verdict(event: Event, finished: Finished, timeout_ms: int) -> Event | None:
    """Say what the event is now, `None` if it is dropped; see the page on scripts."""
    if finished.timed_out:
        raise ScriptFailed(f"the script took longer than {timeout_ms} ms and was ended")
    if finished.overflowed:
        raise ScriptFailed(f"the script wrote more than {_MAX_OUTPUT_BYTES // 1_000_000} MB")
    if finished.signal is not None:
        raise ScriptFailed(f"the script was killed by {_name_of(finished.signal)}")
    if finished.exit_code in _DROP:
        return None
    if finished.exit_code != 0:
        raise ScriptFailed(f"the script ended with exit code {finished.exit_code}")
    output = finished.stdout.strip()
    return _answer(event, output) if output else None


def _answer(event: Event, output: bytes) -> Event:
    try:
        return rewritten(event, orjson.loads(output))
    except orjson.JSONDecodeError as error:
        raise ScriptFailed(f"what the script wrote is not JSON: {error}") from error
    except InvalidEvent as error:
        raise ScriptFailed(f"what the script wrote is not an event: {error}") from error


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


registration = Registration(id="script", transform=Script, config=ScriptConfig)
