"""What a project makes of one event, as far as its actors' doors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from orgloop.delivery import DeliveryState, Prompt
from orgloop.event import Event, JSONObject
from orgloop.flow.explaining import Standings
from orgloop.hidden import Hidden
from orgloop.records import Step


@frozen(kw_only=True)
class Outcome:
    """What becomes of an event along one route that it matches."""

    route: str
    actor: str
    state: DeliveryState
    """``waiting``, ``inbox``, ``held``, ``dropped`` or ``dead``."""
    event: Event
    """As its transforms left it."""
    steps: Sequence[Step] = ()
    """Each transform's verdict, and what the guard found."""
    error: str | None = None
    """Why it is dropped, dead or held."""
    by: str | None = None
    """The transform (or ``guard``) that ended its way or holds it up."""
    config: JSONObject | None = None
    """``then.config`` with its templates filled; `None` where nothing would be sent."""
    prompt: Prompt | None = None
    order_key: str | None = None
    """What the delivery queues up behind."""

    def to_json(self, hidden: Hidden) -> JSONObject:
        """Return it as ``orgloop test --json`` shows it, without what the project hides."""
        return {
            "route": self.route,
            "actor": self.actor,
            "state": str(self.state),
            "by": self.by,
            "error": hidden.conceal_in(self.error),
            "steps": [step.to_json() for step in self.steps],
            "event": self.event.to_json(),
            "config": hidden.conceal_in(self.config),
            "order_key": hidden.conceal_in(self.order_key),
            "prompt_file": self.prompt.file if self.prompt else None,
            "prompt": self.prompt.text if self.prompt else None,
        }


@frozen(kw_only=True)
class Rehearsed:
    """What a project makes of one event."""

    event: Event
    outcomes: Mapping[str, Outcome] = field(factory=dict)
    """Along each route that it matches, in the project's order."""
    standings: Standings = Standings()
    """How each route of the project stands to it."""
    is_duplicate: bool = False
    """Whether an event with its id came before it: then no route sees it."""

    @property
    def state(self) -> str:
        """Whether a route wants it."""
        if self.is_duplicate:
            return "duplicate"
        return "routed" if self.outcomes else str(DeliveryState.UNMATCHED)

    def to_json(self, hidden: Hidden) -> JSONObject:
        """Return it as ``orgloop test --json`` shows it, without what the project hides."""
        return {
            "event": self.event.to_json(),
            "state": self.state,
            "deliveries": [one.to_json(hidden) for one in self.outcomes.values()],
            "routes": [one.to_json() for one in self.standings.routes],
            "omitted": self.standings.omitted,
        }
