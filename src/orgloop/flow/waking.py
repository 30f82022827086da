"""Wake what has to do with rows that came to lie in the books."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import define

from orgloop.delivery import DeliveryState
from orgloop.records import Ready

Row = tuple[DeliveryState, str | None, str | None, Ready | None]


@define(eq=False, kw_only=True)
class Waking:
    """Who looks for work, and when: lanes, backlogs, inboxes and deadlines of one project."""

    actor: Callable[[str], None]
    """Called with each actor that gets something to do."""
    route: Callable[[str], None]
    """Called with each route that has ``matched`` rows for its backlog."""
    inboxes: Callable[[], None]
    """Called when something came into an inbox, or a lease on one has ended."""
    deadline: Callable[[int], None]
    """Called with queue times at which something will be overdue."""

    def lanes(self, rows: Iterable[tuple[DeliveryState, str | None]]) -> None:
        """Wake the lanes of rows that wait; right behind the change that makes them wait."""
        for actor in {actor for state, actor in rows if state is DeliveryState.WAITING}:
            self.actor(actor or "")

    def others(self, rows: Iterable[tuple[DeliveryState, str | None, Ready | None]]) -> None:
        """Wake what reads the books itself, by (state, route): once the change is durable."""
        routes: set[str] = set()
        times = []
        for state, route, ready in rows:
            if state is DeliveryState.MATCHED and route is not None:
                routes.add(route)
            if state is DeliveryState.INBOX and ready is not None:
                times.append(ready.expires_at or ready.due_at)
        for route in routes:
            self.route(route)
        if times:
            self.inboxes()
            self.deadline(min(times))
