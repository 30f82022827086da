"""A restart that somebody asks for."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from orgloop.daemon.telling.report import Failed, Outcome


@define(eq=False)
class RestartRequest:
    """Answered once: when the new runtime is ready, or with why there is none."""

    _answer: Callable[[Outcome], None]
    _is_answered: bool = field(default=False, init=False)

    def answer(self, outcome: Outcome) -> None:
        """Tell what became of it, unless that has been told."""
        if not self._is_answered:
            self._is_answered = True
            self._answer(outcome)

    def fail(self, *lines: str, exit_code: int = 1) -> None:
        """Tell that there is no new runtime, and why."""
        self.answer(Failed(exit_code, lines))
