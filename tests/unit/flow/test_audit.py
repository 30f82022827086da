"""The last word on each delivery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from attrs import define, field

from orgloop.delivery import Delivery, DeliveryState
from orgloop.flow.audit import Audit
from orgloop.flow.tell import Tell
from orgloop.logentry import LogEntry
from orgloop.runtime.metrics import Metrics
from support.http_fakes import NOW, Log, row
from support.world import done


@define
class Merging:
    """A queue in which something is merged into some deliveries."""

    into: dict[str, list[Delivery]]
    asked: list[int] = field(factory=list)
    """How many were asked for each time."""

    async def merged(self, delivery_ids: Sequence[str]) -> list[Delivery]:
        self.asked.append(len(delivery_ids))
        return [one for name in delivery_ids for one in self.into.get(name, ())]


def test_what_is_merged_into_many_is_asked_for_once_and_told_of_with_them() -> None:
    carriers = [row(number) for number in range(1, 301)]
    merged = row(301, state=DeliveryState.MERGED, into=carriers[4].id)
    queue, metrics = Merging({carriers[4].id: [merged]}), Metrics()
    told: list[LogEntry] = []
    tell = Tell("shop", lambda: NOW, told.append, lambda project: True)
    audit = Audit(Log(), cast(Any, queue), tell, metrics)

    done(audit.settled(carriers))

    assert queue.asked == [300]
    phases = Counter(entry.phase for entry in told)
    assert phases == {"audit.record": 301, "deliver.success": 300, "deliver.merged": 1}
    assert told[-1].event_id == merged.event_id
