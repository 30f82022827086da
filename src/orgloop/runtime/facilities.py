"""What a runtime shares among its projects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

from attrs import field, frozen

from orgloop.flow.intake_bound import IntakeBound
from orgloop.flow.tell import Tell
from orgloop.interfaces import ICheckpointStore, IDeliveryQueue, IEventLog
from orgloop.runtime.metrics import Metrics
from orgloop.runtime.observers import Observers
from orgloop.runtime.surroundings import Surroundings


@frozen(kw_only=True)
class Facilities(Surroundings):
    """The infrastructure that projects are run on; the same for all of them."""

    runtime_id: str
    random: Random
    log: IEventLog
    checkpoints: ICheckpointStore
    open_queue: Callable[[str], Awaitable[IDeliveryQueue]]
    """Open the queue of the project of that name."""
    observers: Observers
    metrics: Metrics
    intake_bound: IntakeBound = field(factory=IntakeBound)

    def tell(self, project: str) -> Tell:
        """Return what tells the observers of ``project``."""
        return Tell(project, self.now_ms, self.observers.observe, self.observers.is_heard)
