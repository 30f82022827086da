"""One line of the application log, before it is known how and where it is written."""

from __future__ import annotations

from attrs import frozen
from twisted.logger import LogEvent, LogLevel, formatEvent

# A message that somebody made of a whole payload must not fill the memory while the disk hangs.
_MOST_CHARACTERS = 64_000


@frozen
class LogRecord:
    """What is left of a log event once it is put into words: it may cross threads."""

    time: float
    """Seconds since the Unix epoch."""
    level: str
    """``debug``, ``info``, ``warn``, ``error`` or ``critical``."""
    logger: str | None
    message: str
    traceback: str = ""
    is_answer: bool = False
    """Whether somebody has asked for it and waits: each such line is written."""
    repeated: int = 1
    """How many times it was said that are told by this line."""

    @classmethod
    def of(cls, event: LogEvent) -> LogRecord:
        """Put an event into words. ``answer=True`` among its fields makes it an answer."""
        return cls(
            time=event["log_time"],
            level=str(event.get("log_level", LogLevel.info).name),
            logger=event.get("log_namespace"),
            message=_bounded(_message(event)),
            traceback=_bounded(_traceback(event)),
            is_answer=event.get("answer") is True,
        )


def _message(event: LogEvent) -> str:
    text = formatEvent(event)
    failure = event.get("log_failure")
    if failure is not None and event.get("log_level") is not LogLevel.critical:
        return f"{text}: {failure.getErrorMessage()}" if text else str(failure.getErrorMessage())
    return text or (str(failure.getErrorMessage()) if failure is not None else "")


def _traceback(event: LogEvent) -> str:
    failure = event.get("log_failure")
    return str(failure.getTraceback()) if failure is not None else ""


def _bounded(text: str) -> str:
    """Leave out the middle of what is too long: a traceback tells most at its ends."""
    if len(text) <= _MOST_CHARACTERS:
        return text
    half = _MOST_CHARACTERS // 2
    left_out = len(text) - 2 * half
    return f"{text[:half]}\n[{left_out} characters left out]\n{text[-half:]}"
