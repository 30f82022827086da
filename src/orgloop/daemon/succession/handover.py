"""Make way for another runtime: hand over the listening sockets, and go.

See `orgloop.daemon.succession.takeover` for what is said. Until the other one has said that it
has the sockets, and for as long as the connections here are being ended, it may die and nothing
has happened: this runtime goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from orgloop.daemon.listening import Listeners
from orgloop.daemon.succession.doorway import Caller, Doorway
from orgloop.daemon.telling.witness import MAKING_WAY, IWitness, ReadyRuntime, Unmoved
from orgloop.errors import StorageUnavailable
from orgloop.runtime.supervision import Supervision
from orgloop.storage.home import Home


@implementer(IWitness)
@define(eq=False)
class Handover(Unmoved):
    """Wait from `ready` on to be asked; ``leave`` is called when it is time to stop.

    A supervisor hears such requests itself, and says when to `make_way`.
    """

    _log = Logger()

    _home: Home
    _reactor: Any
    _listeners: Listeners
    _leave: Callable[[], None]
    _supervision: Supervision | None
    _doorway: Doorway = field(init=False)
    _taker: Caller | None = field(default=None, init=False)
    _is_replaced: bool = field(default=False, init=False)
    _is_stopping: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._doorway = Doorway(self._home.handover_socket, self._reactor, self._hear)

    def ready(self, runtime: ReadyRuntime) -> None:
        """See `IWitness.ready`."""
        if self._supervision is None or self._supervision.is_gone:
            self.open()

    def stopping(self, reason: str) -> None:
        """See `IWitness.stopping`: whoever was to go on is told not to."""
        self._is_stopping = True
        if self._taker is not None and reason != MAKING_WAY:
            self._taker.tell(_line({"stopped": reason}))

    async def stopped(self) -> None:
        """See `IWitness.stopped`."""
        self._doorway.close()

    def open(self) -> None:
        """Listen in the home from now on: the supervisor, if there was one, is gone."""
        try:
            self._doorway.open()
        except StorageUnavailable as error:
            self._log.warn("`orgloop restart` will not work: {error}", error=error)

    def make_way(self) -> None:
        """Let the connections end, then stop; the listening sockets are another's too."""
        self._is_replaced = True
        Deferred.fromCoroutine(self._make_way()).addErrback(self._fail)

    def _hear(self, caller: Caller, line: bytes) -> None:
        asked = _document(line)
        if asked.get("take") == "listeners" and caller is not self._taker:
            self._offer(caller, asked.get("pid"))
        elif asked.get("taken") is True and caller is self._taker:
            self.make_way()
        else:
            caller.tell(_line({"refused": "that is no question"}))

    def _offer(self, caller: Caller, pid: object) -> None:
        if self._is_stopping:
            caller.tell(_line({"refused": "it is stopping already"}))
        elif self._taker is not None:
            caller.tell(_line({"refused": "another restart is under way"}))
        else:
            self._taker = caller
            caller.on_gone = self._go_on
            self._log.info("process {pid} is to take this runtime's place", pid=pid)
            descriptors = self._listeners.descriptors
            caller.tell(_line({"listeners": list(descriptors)}), list(descriptors.values()))

    async def _make_way(self) -> None:
        await self._listeners.stand_aside()
        if self._is_replaced and not self._is_stopping:
            self._leave()

    def _go_on(self) -> None:
        """Forget the one that was to come, unless it is too late for that."""
        self._taker, self._is_replaced = None, False
        if not self._is_stopping:
            self._log.warn("whoever was to take this runtime's place is gone: it goes on")
            self._listeners.return_to_work()

    def _fail(self, failure: Failure) -> None:
        self._log.failure("this runtime cannot make way", failure)


def _document(line: bytes) -> dict[str, object]:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _line(document: dict[str, object]) -> bytes:
    return orjson.dumps(document) + b"\n"
