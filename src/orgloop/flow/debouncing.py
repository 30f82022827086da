"""Let events wait until it is quiet where their source says so."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen
from twisted.logger import Logger

from orgloop.errors import PLUGIN_ERRORS
from orgloop.event import Event
from orgloop.plugin import Debounce as Ask
from orgloop.records import Debounce, Gather
from orgloop.reports import Debounced
from orgloop.wording import is_proper

_LARGEST = 2**53  # what is written as it is, also as a float


@frozen(eq=False)
class Debouncing:
    """What one source says of its events; see `Registration`.

    It follows from the configuration, not from the running source: what an earlier run left to be
    routed is routed before any source has started.
    """

    _log = Logger()

    source: str
    config: Any = field(repr=False)
    ask: Ask

    def gather(self, event: Event) -> Gather | None:
        """Return the group of an event that waits, `None` for one that may go."""
        try:
            wanted = _checked(self.ask(self.config, event))
        except PLUGIN_ERRORS as error:
            self._log.error(
                "source {source} cannot say whether {event} waits, so it does not: {kind}",
                source=self.source,
                event=event.id,
                kind=type(error).__name__,
            )
            return None
        if wanted is None:
            return None
        how = Debounce(quiet_ms=wanted.quiet_ms, max_ms=wanted.max_ms, version=wanted.version)
        return Gather(key=f"{self.source}:{wanted.key}", how=how)


def _checked(answer: object) -> Debounced | None:
    if not isinstance(answer, Debounced | None):
        raise TypeError(f"the source answered with {type(answer).__name__}")
    if answer is None:
        return None
    numbers = (answer.quiet_ms, answer.max_ms, answer.version or 0)
    if not is_proper(answer.key) or not all(map(_can_be_kept, numbers)):
        raise ValueError("the source answered with what cannot be kept")
    return answer


def _can_be_kept(number: object) -> bool:
    return isinstance(number, int | float) and abs(number) < _LARGEST
