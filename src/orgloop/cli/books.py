"""Ask the books of a home: its runtime, or, when none runs, the files that it left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve, frozen

from orgloop.cli.control import Answer, Control, require, target_of
from orgloop.cli.failing import NothingRuns
from orgloop.cli.invocation import Invocation
from orgloop.storage.home import Home


@frozen
class Books:
    """What can be read of events and deliveries: ``/api/events``, ``/api/deliveries``,
    ``/api/queue`` and ``/api/audit``, with what is below them.
    """

    _invocation: Invocation
    _control: Control | None
    """`None` when nothing runs."""

    @classmethod
    def find(cls, invocation: Invocation) -> Books:
        """Return the books of the home.

        Raises `NothingRuns` if there is neither a runtime nor anything that one has kept,
        `Unreachable` for a runtime that does not answer.
        """
        try:
            return cls(invocation, Control.find(invocation.home))
        except NothingRuns:
            if not Home(invocation.home).event_log.exists():
                raise
            invocation.say("nothing is running: this is what is kept in its home")
            return cls(invocation, None)

    def patient(self) -> Books:
        """Return the same for what takes long; see `Control.patient`."""
        control = None if self._control is None else self._control.patient()
        return evolve(self, control=control)

    def get(self, path: str, **query: str | int | None) -> Answer:
        """Ask for ``path``; empty parameters are left out."""
        return self._ask(target_of(path, query))

    def pages(self, path: str, **query: str | int | None) -> Iterator[list[Any]]:
        """Yield the pages of a list; those that are not asked for are not fetched."""
        answer: Answer | None = self.get(path, **query)
        while answer is not None:
            yield require(answer)
            answer = self.after(answer)

    def after(self, answer: Answer) -> Answer | None:
        """Ask for the page behind one, if there may be one."""
        return None if answer.next_page is None else self._ask(answer.next_page)

    def _ask(self, target: str) -> Answer:
        if self._control is not None:
            return self._control.get(target)
        from orgloop.cli.stored.answering import stored_answer

        return stored_answer(self._invocation, target)
