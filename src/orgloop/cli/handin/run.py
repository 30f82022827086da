"""Hand over within 1.5 s, else spool, and end with 0 within 2 s of the beginning."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress

from orgloop.cli.handin.asked import Asked, moment_of
from orgloop.cli.handin.body import body_of
from orgloop.cli.handin.runtime import NotTaken, hand_over
from orgloop.cli.handin.taking import NothingToTake, take
from orgloop.paths import absolute
from orgloop.storage.spoolfile import SpoolFull, spool

# Counted from when the process began, for that is what an agent waits for.
_TAKING_SECONDS = 1.0
_HANDING_OVER_SECONDS = 1.45
_LAST_MOMENT_SECONDS = 1.9
# However long the beginning took, what was said is still read and spooled.
_LONGEST_BEGINNING_SECONDS = 0.8
_STANDARD_INPUT, _STANDARD_ERROR = 0, 2
_LONGEST_LINE = 1000


def run(asked: Asked) -> None:
    """Do it all and leave the process, with 0."""
    began = time.monotonic() - _age_seconds()
    try:
        _be_undisturbed(began + _LAST_MOMENT_SECONDS - time.monotonic())
        _hand_in(asked, os.environ, began)
    except BaseException as error:  # nothing of ours may stop an agent
        _say(f"{type(error).__name__}: {error}")
    # At once: neither a stream that cannot be flushed nor a thread may hold this up.
    os._exit(0)


def _age_seconds() -> float:
    """Return how long ago the process began; on a busy machine that is not next to nothing."""
    try:
        with open("/proc/self/stat", "rb") as file:  # see proc(5): starttime is field 22
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
        age = since_boot - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):  # where there is no such file
        age = time.process_time()
    return min(max(age, 0.0), _LONGEST_BEGINNING_SECONDS)


def _be_undisturbed(left_seconds: float) -> None:
    """End in time, and not by what the person does to the agent: it says so just then."""
    signal.signal(signal.SIGALRM, lambda number, frame: os._exit(0))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, left_seconds)
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)


def _hand_in(asked: Asked, environ: Mapping[str, str], began: float) -> None:
    home = absolute(asked.home or environ.get("ORGLOOP_HOME") or "~/.orgloop")
    said = asked.body
    try:
        if said is None:
            said = take(_STANDARD_INPUT, began + _TAKING_SECONDS)
        body = body_of(said, moment_of(asked.name))
    except NothingToTake as error:
        _say(f"nothing is handed over: {error}")
        return
    cause = _cause(environ)
    try:
        text = json.dumps(body, separators=(",", ":")).encode()
        deadline = began + _HANDING_OVER_SECONDS
        hand_over(home, asked.source, text, cause, deadline, asked.port)
    except (NotTaken, OSError) as error:
        _spool(home, {"source": asked.source, "cause": cause, "body": body}, error)


def _spool(home: str, document: dict[str, object], why: Exception) -> None:
    try:
        spool(os.path.join(home, "spool"), document)
    except (OSError, SpoolFull) as error:
        _say(f"it is lost: {why}, and it cannot be spooled: {error}")
        return
    _say(f"{why}: it waits in {home}/spool until a runtime takes it in")


def _cause(environ: Mapping[str, str]) -> str | None:
    """Return what continues the chain, in an agent that a delivery started."""
    trace, event = environ.get("ORGLOOP_TRACE_ID"), environ.get("ORGLOOP_EVENT_ID")
    if not trace or not event:
        return None
    is_plain = all(one.isascii() and one.replace("_", "").isalnum() for one in (trace, event))
    return f"{trace};{event}" if is_plain else None


def _say(text: str) -> None:
    """Tell standard error, if there is one; what the agent said must not move its terminal."""
    shown = "".join(one if one.isprintable() else "?" for one in text)[:_LONGEST_LINE]
    with suppress(OSError):
        os.write(_STANDARD_ERROR, f"orgloop hook: {shown}\n".encode("utf-8", "replace"))
