"""Have the reactor look at a descriptor."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define
from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IReadDescriptor)
@define(eq=False)
class Reader:
    """Call ``read`` whenever there is something, from `start` to `stop`."""

    _reactor: IReactorFDSet
    _fileno: Callable[[], int]
    _read: Callable[[], object]

    def start(self) -> None:
        """Begin."""
        self._reactor.addReader(self)

    def stop(self) -> None:
        """End; to be called before the descriptor is closed, and as often as you like."""
        self._reactor.removeReader(self)

    def fileno(self) -> int:
        """See `IFileDescriptor.fileno`."""
        return self._fileno()

    def logPrefix(self) -> str:
        """See `ILoggingContext.logPrefix`."""
        return "runtime"

    def doRead(self) -> None:
        """See `IReadDescriptor.doRead`."""
        self._read()

    def connectionLost(self, reason: Failure) -> None:
        """See `IFileDescriptor.connectionLost`: whoever owns the descriptor closes it."""
