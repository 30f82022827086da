"""The command actor: a delivery is a run of a program."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import orjson
from attrs import define, field
from twisted.logger import Logger
from zope.interface import implementer

from orgloop.connectors.command.config import CommandConfig
from orgloop.connectors.command.invocation import (
    Invocation,
    invocation,
    program_of,
    prompt_file,
    search_path,
)
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.errors import InvalidEvent, InvalidValue, PluginError
from orgloop.event import EventDraft
from orgloop.interfaces import IActor
from orgloop.plugin import PluginContext
from orgloop.sdk.lifecycle import Session, ended, lifecycle_draft
from orgloop.sdk.processes import CannotRun, Finished, RunCancelled, run
from orgloop.sdk.responses import response_event
from orgloop.times import to_iso

_EX_TEMPFAIL = 75  # sysexits.h: try again later
_MAX_RESPONSE_BYTES = 10_000_000
_MAX_LOGGED_BYTES = 8_192


@implementer(IActor)
@define(eq=False)
class CommandActor:
    """Run a program for each delivery; see `IActor`."""

    _log = Logger()

    _config: CommandConfig
    _context: PluginContext
    _directory: Path = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._directory = self._config.cwd or self._context.project_directory

    async def start(self) -> None:
        """Make sure that the program is there; see `ISource.start`."""
        program = program_of(self._config, self._context)
        path = search_path(self._config, self._context)
        found = await self._context.run_in_thread(shutil.which, program, os.X_OK, path)
        if found is None:
            raise PluginError(
                f"there is no program {program!r} that can be run: install it, put it on PATH, or "
                "make it executable"
            )

    async def stop(self) -> None:
        """Nothing is held: runs end with their deliveries."""

    async def deliver(self, dispatch: Dispatch) -> DeliveryResult:
        """See `IActor.deliver`."""
        started_at = self._context.now_ms()
        with prompt_file(dispatch) as file:
            try:
                what = invocation(self._config, self._context, dispatch, file)
                finished = await self._run(what, dispatch)
            except InvalidValue as error:
                return DeliveryResult.rejected(str(error))
            except CannotRun as error:
                return DeliveryResult.error(str(error))
            except RunCancelled as cancelled:
                return self._cut_short(dispatch, cancelled.finished, started_at)
        self._log_output(dispatch, finished)
        effects = [
            *self._response(dispatch, finished),
            *self._stopped(dispatch, finished, started_at),
        ]
        return self._result(finished, effects)

    def _cut_short(self, dispatch: Dispatch, finished: Finished, started_at: int) -> DeliveryResult:
        """Report the end of a run that took too long; see `IActor.deliver`."""
        self._log_output(dispatch, finished)
        return DeliveryResult.error(
            "the program took too long and was ended",
            *self._stopped(dispatch, finished, started_at),
        )

    async def _run(self, what: Invocation, dispatch: Dispatch) -> Finished:
        wants_output = self._config.output == "response_event"
        return await run(
            self._context.processes,
            self._context.clock,
            what.argv,
            cwd=self._directory,
            env=what.env,
            stdin=what.stdin,
            max_output_bytes=_MAX_RESPONSE_BYTES if wants_output else _MAX_LOGGED_BYTES,
            max_stderr_bytes=_MAX_LOGGED_BYTES,
            on_started=dispatch.note_process,
        )

    def _result(self, finished: Finished, effects: list[EventDraft]) -> DeliveryResult:
        code = finished.exit_code
        if code == 0:
            return DeliveryResult.delivered(*effects)
        if code is None:
            return DeliveryResult.error(f"the program died of signal {finished.signal}", *effects)
        if code in self._config.rejected_exit_codes:
            return DeliveryResult.rejected(f"the program said no (exit code {code})", *effects)
        if code == _EX_TEMPFAIL:
            return DeliveryResult.error("the program cannot do it now (exit code 75)", *effects)
        return DeliveryResult.error(f"the program failed (exit code {code})", *effects)

    def _response(self, dispatch: Dispatch, finished: Finished) -> list[EventDraft]:
        """Return the event that a successful run wrote to its standard output."""
        if self._config.output != "response_event" or finished.exit_code != 0:
            return []
        if not finished.stdout.strip():
            return []
        try:
            if finished.overflowed:
                raise InvalidEvent([f"more than {_MAX_RESPONSE_BYTES} bytes of output"])
            event = response_event(_answer_of(orjson.loads(finished.stdout)), "command")
        except (InvalidEvent, orjson.JSONDecodeError) as error:
            self._log.warn(
                "the response event of delivery {delivery} to {actor} is not taken: {error}",
                delivery=dispatch.id,
                actor=self._context.id,
                error=error,
            )
            return []
        return [] if event is None else [event]

    def _stopped(self, dispatch: Dispatch, finished: Finished, started_at: int) -> list[EventDraft]:
        """Return the event that closes the loop."""
        if not self._config.emit_stopped:
            return []
        session = Session(
            id=dispatch.id,
            adapter="command",
            cwd=str(self._directory),
            started_at=to_iso(started_at),
            ended_at=to_iso(self._context.now_ms()),
            exit_status=finished.exit_status,
        )
        provenance = {
            "author": self._context.id,
            "author_type": "bot",
            "session_id": dispatch.id,
            "working_directory": str(self._directory),
        }
        return [lifecycle_draft("command", ended(session), provenance=provenance)]

    def _log_output(self, dispatch: Dispatch, finished: Finished) -> None:
        written = b"" if self._config.output == "response_event" else finished.stdout
        texts = [one.decode("utf-8", "replace").rstrip() for one in (written, finished.stderr_tail)]
        said = " ".join(text for text in texts if text)
        if said:
            self._log.info(
                "{actor} ran {delivery}, exit status {status}: {said}",
                actor=self._context.id,
                delivery=dispatch.id,
                status=finished.exit_status,
                said=said,
            )


def _answer_of(document: Any) -> Any:
    """Return a program's answer; the bare event will do, as no HTTP answer stands around it."""
    is_bare = isinstance(document, dict) and "event" not in document and "type" in document
    return {"event": document} if is_bare else document
