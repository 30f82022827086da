"""Say when an actor goes away and when it is back, once each time."""

from __future__ import annotations

from attrs import define, field
from twisted.logger import Logger

from orgloop.flow.tell import Tell


@define(eq=False)
class Standing:
    """Whether an actor works: it has started, and its circuit is closed."""

    _log = Logger()

    _actor: str
    _tell: Tell
    _reasons: dict[str, str] = field(factory=dict, init=False)

    @property
    def reason(self) -> str | None:
        """Why it does not; `None` if it does."""
        return next(iter(self._reasons.values()), None)

    def is_away(self, what: str, reason: str) -> None:
        """Take notice of what is wrong: ``start`` or ``circuit``."""
        was_away = bool(self._reasons)
        self._reasons[what] = reason
        if not was_away:
            self._log.warn("actor {actor} is degraded: {reason}", actor=self._actor, reason=reason)
            self._tell("actor.degraded", target=self._actor, error=reason)

    def was_away(self, what: str, reason: str) -> None:
        """Take up what was wrong, and told, when an earlier run ended."""
        self._reasons[what] = reason
        self._log.warn(
            "actor {actor} is still degraded: {reason}", actor=self._actor, reason=reason
        )

    def is_back(self, what: str) -> None:
        """Take notice that this is not wrong any more."""
        if self._reasons.pop(what, None) is not None and not self._reasons:
            self._log.info("actor {actor} has recovered", actor=self._actor)
            self._tell("actor.recovered", target=self._actor)
