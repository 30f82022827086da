"""Name what can go wrong, at the place where the cause is known."""

from __future__ import annotations

from collections.abc import Sequence


class OrgLoopError(Exception):
    """Base of every error that OrgLoop raises on purpose.

    The message is written for the person who runs OrgLoop: what is wrong and what to do. It never
    holds a payload or a secret.
    """


LOADING_ERRORS = (Exception, SystemExit)
"""What loading a plugin may raise; ``sys.exit`` in a module of its ends nothing of ours."""

PLUGIN_ERRORS = (*LOADING_ERRORS, KeyboardInterrupt)
"""What a call into a running plugin may raise. Ctrl+C is no exception in a runtime: it is heard as
a signal, so that this one can only be the plugin's own."""


class InvalidEvent(OrgLoopError):
    """What was offered is not an event; ``problems`` lists every reason, one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class InvalidValue(OrgLoopError, ValueError):
    """A duration, size, pattern, template or other written value cannot be understood.

    ``at`` is the way to the part that is wrong, inside a value that is a mapping or a list.
    """

    def __init__(self, message: str = "", *, at: Sequence[str | int] = ()) -> None:
        super().__init__(message)
        self.at = tuple(at)


class InvalidValues(InvalidValue):
    """Several parts of one value are wrong; ``errors`` says which, and why."""

    def __init__(self, errors: Sequence[InvalidValue]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = tuple(errors)


class Dropped(OrgLoopError):
    """A transform drops the event, and says why (returning `None` drops it without a reason)."""


class StorageUnavailable(OrgLoopError):
    """The disk refused (full, read-only, I/O error): nothing was kept; trying later may help."""


class StorageDamaged(OrgLoopError):
    """A file under ``data/`` cannot be trusted; the message names it and what mends it."""


class DamagedEvent(OrgLoopError):
    """One event of the log is not what was written there; the others can be read."""


class NotReady(OrgLoopError):
    """The runtime is starting or draining, and takes nothing in."""


class Overloaded(OrgLoopError):
    """More is offered than intake may hold; its sender is asked to wait (429)."""


class PluginError(OrgLoopError):
    """A plugin cannot be found, loaded or initialised."""


class UnknownPlugin(PluginError):
    """No plugin goes by that name; the message says what is known and what is close."""


class InvalidPayload(OrgLoopError):
    """What a webhook carried cannot become an event (its sender is told: 400)."""


class AlreadyRunning(OrgLoopError):
    """Another runtime holds the home directory's lock."""

    def __init__(self, message: str, *, pid: int | None = None, project: str | None = None) -> None:
        super().__init__(message)
        self.pid = pid
        self.project = project


class ConnectionRefused(OrgLoopError):
    """A connection that the configuration forbids was not made."""


class RequestFailed(OrgLoopError):
    """An HTTP request got no answer: no connection, connection lost, time out, unparsable answer.

    ``maybe_sent`` is false only where the request provably never reached the server. ``status`` is
    that of an answer whose body is larger than it may be.
    """

    def __init__(self, message: str, *, maybe_sent: bool = True, status: int | None = None) -> None:
        super().__init__(message)
        self.maybe_sent = maybe_sent
        self.status = status
