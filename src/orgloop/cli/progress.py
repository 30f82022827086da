"""Tell a person on a terminal what is waited for, on a line that is written over."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType

from attrs import define, field

from orgloop.cli.invocation import Invocation
from orgloop.printable import printable

_FIRST_SECONDS = 1.0
_EVERY_SECONDS = 0.5
_LINE_SECONDS = 2.0
_CLEAR = "\r\x1b[K"


@define
class Progress:
    """Nothing is shown of what takes no time, nor without a terminal (but with ``-v``)."""

    _invocation: Invocation
    _next: float = field(default=_FIRST_SECONDS, init=False)
    _is_shown: bool = field(default=False, init=False)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._is_shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()

    def show(self, waited_seconds: float, awaited: Callable[[], str]) -> None:
        """Show what is waited for, if it is time; ``awaited`` is asked only then."""
        if waited_seconds < self._next:
            return
        if self._invocation.shows_progress:
            text = printable(f"waiting for {awaited()} ({waited_seconds:.0f}s)")
            sys.stderr.write(_CLEAR + text)
            sys.stderr.flush()
            self._is_shown = True
            self._next = waited_seconds + _EVERY_SECONDS
        elif self._invocation.verbose:
            self._invocation.say(f"waiting for {awaited()} ({waited_seconds:.0f}s)")
            self._next = waited_seconds + _LINE_SECONDS
