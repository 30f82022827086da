"""Pass matched rows through transforms that wait: scripts, worker processes."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from orgloop.delivery import DeliveryState
from orgloop.errors import DamagedEvent
from orgloop.flow.background import until_kept
from orgloop.flow.ending import Ending, Endings
from orgloop.flow.pipeline import Passage, Pipeline
from orgloop.flow.pressure import Pressure
from orgloop.flow.prompts import Prompts
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.rounds import Rounds
from orgloop.flow.route import Route
from orgloop.flow.waking import Waking
from orgloop.interfaces import IDeliveryQueue, IEventLog
from orgloop.records import Matched, Overflow, Transformed

_BATCH = 16


@define(eq=False, kw_only=True)
class Backlog:
    """Take up the ``matched`` rows of one route, one after another, in order of acceptance."""

    project: str
    route: Route
    log: IEventLog
    queue: IDeliveryQueue
    pipeline: Pipeline
    endings: Endings
    prompts: Prompts
    clock: IReactorTime
    now_ms: Callable[[], int]
    queue_time: QueueTime
    waking: Waking
    pressure: Pressure
    _passage: Passage | None = field(default=None, init=False)
    _rounds: Rounds = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._rounds = Rounds(f"the backlog of {self.route.name}", self.clock, self._look)

    def start(self) -> None:
        """Begin with what an earlier run left behind."""
        self._rounds.start()

    def wake(self) -> None:
        """Look for new rows."""
        self._rounds.ring()

    async def stop(self) -> None:
        """Finish the event under way; the others stay ``matched``."""
        await self._rounds.stop()

    def cancel(self) -> None:
        """Give up the event under way; its row stays ``matched``."""
        if self._passage is not None:
            self._passage.is_interrupted = True
        self._rounds.cancel()

    async def _look(self) -> None:
        while not self._rounds.is_over:
            rows = await self.queue.matched(self.route.name, _BATCH)
            if not rows:
                return
            await self._pass_all(rows)

    async def _pass_all(self, rows: list[Matched]) -> None:
        for row in rows:
            if self._rounds.is_over:
                return
            await self._pass(row)

    async def _pass(self, row: Matched) -> None:
        records = await self.log.get_many(self.project, [row.event_seq])
        record = records.get(row.event_seq)
        try:
            if record is None:
                raise DamagedEvent("the event is no longer in the log")
            passage = Passage(record, self.route, row.id, is_again=row.is_again)
        except DamagedEvent as error:
            await self._keep(row, Ending(DeliveryState.DEAD, error=str(error)))
            return
        self._passage = passage
        await self.pipeline.run([passage])
        await self._keep(row, await self._ending(passage), passage)

    async def _ending(self, passage: Passage) -> Ending:
        route = self.route
        prompts = await self.prompts.of([route.definition]) if passage.passes else {}
        return self.endings.of(passage, prompts.get(route.name), self.queue_time())

    async def _keep(self, row: Matched, ending: Ending, passage: Passage | None = None) -> None:
        """Keep how a passage ended, once the disk lets it: it was told already."""
        change = Transformed(
            row=row.row,
            state=ending.state,
            now=self.now_ms(),
            ready=ending.ready,
            steps=passage.steps if passage else (),
            error=ending.error,
            memory=passage.memory if passage else (),
        )

        def keep() -> Deferred[list[Overflow]]:
            kept = self.queue.transformed(change)
            self.waking.lanes([(ending.state, row.actor)])
            return kept

        overflow = await until_kept(keep, self.clock, lambda: self._rounds.is_over)
        self.waking.others([(ending.state, row.route, ending.ready)])
        if ending.state is DeliveryState.WAITING:
            self.pressure.added({row.actor: 1}, overflow)
