"""Write the supervisor's own lines into the application log, beside those of its runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from attrs import define, field
from twisted.logger import ILogObserver, LogEvent, LogPublisher
from zope.interface import implementer

from orgloop.appending import append
from orgloop.daemon.log.applog import at_least
from orgloop.daemon.log.logchoice import form_in_file, form_on_terminal
from orgloop.daemon.log.logforms import Form
from orgloop.daemon.log.logrecord import LogRecord
from orgloop.logentry import Level, LogFormat

_STANDARD_ERROR = 2


@implementer(ILogObserver)
@define(eq=False)
class SupervisorLog:
    """Append each event to the file, and show it in the foreground.

    The file belongs to the runtime, which rotates it: it is opened for each line. A disk that
    refuses costs the line.
    """

    _path: Path
    _environ: Mapping[str, str] = field(repr=False)
    _show: Callable[[bytes], None] | None
    """Writes to standard error; `None` for a daemon."""
    _observer: ILogObserver = field(init=False)

    def __attrs_post_init__(self) -> None:
        chosen = self._environ.get("ORGLOOP_LOG_FORMAT")
        self.speak("info", "json" if chosen == "json" else "text" if chosen == "text" else None)

    def speak(self, level: Level, chosen: LogFormat | None) -> None:
        """Go on as the project's settings say."""
        observers: list[ILogObserver] = [_Written(self._append, form_in_file(chosen))]
        if self._show is not None:
            form = form_on_terminal(_STANDARD_ERROR, chosen, self._environ)
            observers.append(_Written(self._show, form))
        self._observer = at_least(level, LogPublisher(*observers))

    def __call__(self, event: LogEvent) -> None:
        """Write one event; see `ILogObserver`."""
        self._observer(event)

    def _append(self, line: bytes) -> None:
        with suppress(OSError):
            append(self._path, line)


@implementer(ILogObserver)
@define(eq=False)
class _Written:
    """Hand each event on in a form."""

    _write: Callable[[bytes], None]
    _form: Form

    def __call__(self, event: LogEvent) -> None:
        """See `ILogObserver`."""
        self._write(self._form(LogRecord.of(event)))
