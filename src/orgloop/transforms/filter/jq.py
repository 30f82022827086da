"""Run jq expressions in a process of their own, so that a slow one costs nobody else anything."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import orjson
from twisted.internet.defer import CancelledError, Deferred, DeferredLock
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport, IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from orgloop.errors import InvalidValue, OrgLoopError

_PROGRAM = Path(__file__).with_name("jq_worker.py")
_SECONDS_PER_EVENT = 5.0


class JqFailed(OrgLoopError):
    """A jq expression failed on an event, or took too long over it."""


class WorkerDied(JqFailed):
    """The worker ended while it was asked."""


def checked_expression(raw: Any) -> str | None:
    """Check that ``raw`` is a jq expression, `None` if it is empty; raise `InvalidValue` if not."""
    if raw is None or raw == "":
        return None
    import jq  # not needed by projects without one

    if not isinstance(raw, str):
        raise InvalidValue("a jq expression is a string; put it in quotes")
    try:
        jq.compile(raw)
    except ValueError as error:
        # The first line says what is wrong and where; the others draw it.
        said = str(error).partition("\n")[0].removeprefix("jq: error: ")
        raise InvalidValue(f"not a jq expression: {said}") from error
    return raw


class JqWorker:
    """The one worker process of a runtime: begun when first asked, replaced when it is lost.

    Questions are answered one after another. A transform joins when it starts and leaves when it
    stops; when the last has left, the process ends.
    """

    def __init__(
        self, processes: IReactorProcess, clock: IReactorTime, environ: Mapping[str, str]
    ) -> None:
        self._processes = processes
        self._clock = clock
        self._environ = dict(environ)
        self._turn = DeferredLock()
        self._child: _Child | None = None
        self._users = 0

    def join(self) -> None:
        """Count one more user."""
        self._users += 1

    async def leave(self) -> None:
        """Count one user less, and end the process with the last."""
        self._users -= 1
        if self._users == 0:
            await self._end()

    async def ask(self, expression: str, document: bytes) -> Any:
        """Return the expression's last output for a JSON document, `None` if it has none.

        Raises `JqFailed` for an error of the expression, or when the answer takes longer than five
        seconds (the time spent waiting for one's turn is not counted).
        """
        async with self._turn:
            try:
                return await self._answer(expression, document)
            except WorkerDied:
                # It may have been gone before it was asked: ask a fresh one, once.
                return await self._answer(expression, document)

    async def _answer(self, expression: str, document: bytes) -> Any:
        if self._child is None or not self._child.takes_questions:
            self._child = self._begin()
        answered = self._child.ask(orjson.dumps(expression) + b"\n" + document + b"\n")
        answered.addTimeout(_SECONDS_PER_EVENT, self._clock)
        try:
            line = await answered
        except DeferredTimeout:
            await self._end()
            raise JqFailed(
                f"jq took longer than {_SECONDS_PER_EVENT:.0f} s over one event"
            ) from None
        except CancelledError:
            await self._end()
            raise
        return _read(line)

    def _begin(self) -> _Child:
        child = _Child()
        command = [sys.executable, "-P", str(_PROGRAM), str(int(_SECONDS_PER_EVENT) + 1)]
        pipes: Any = {0: "w", 1: "r", 2: 2}
        self._processes.spawnProcess(child, sys.executable, command, self._environ, childFDs=pipes)
        return child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.end()


def _read(line: bytes) -> Any:
    kind, text = line[:1], line[1:]
    if kind == b"!":
        raise JqFailed(f"jq: {text.decode(errors='replace')}")
    return orjson.loads(text) if text else None


class _Child(ProcessProtocol):
    """One process: a question in, a line out."""

    def __init__(self) -> None:
        self.takes_questions = True
        self._is_alive = True
        self._received: list[bytes] = []
        self._waiting: Deferred[bytes] | None = None
        self._gone: Deferred[None] = Deferred()

    @property
    def _process(self) -> IProcessTransport:
        return cast(IProcessTransport, self.transport)

    def ask(self, question: bytes) -> Deferred[bytes]:
        self._received.clear()
        self._waiting = Deferred()
        self._process.writeToChild(0, question)
        return self._waiting

    async def end(self) -> None:
        if self._is_alive:
            with suppress(ProcessExitedAlready):
                self._process.signalProcess("KILL")
        await self._gone

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        self._received.append(data)
        if data.endswith(b"\n"):
            waiting, self._waiting = self._waiting, None
            if waiting is not None:
                waiting.callback(b"".join(self._received)[:-1])

    def childConnectionLost(self, childFD: int) -> None:
        self.takes_questions = False

    def processEnded(self, reason: Failure) -> None:
        self.takes_questions = self._is_alive = False
        self._gone.callback(None)
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.errback(WorkerDied("the jq worker died over this event"))
