"""Pass matched rows through transforms that wait: scripts, worker processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from attrs import define, field
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from orgloop.delivery import DeliveryState
from orgloop.errors import DamagedEvent, StorageUnavailable
from orgloop.flow.background import in_background, until_kept, until_over
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
_AT_ONCE = 4
"""So many events of a route whose order does not matter are on their way at a time."""
_PAUSE_SECONDS = 1.0  # between tries while the disk refuses


@define(eq=False, kw_only=True)
class Backlog:
    """Take up the ``matched`` rows of one route in order of acceptance.

    One after another where their order matters; else a slow one leaves room for others.
    """

    _log = Logger()

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
    _passages: set[Passage] = field(factory=set, init=False)
    _under_way: dict[int, Deferred[None]] = field(factory=dict, init=False)
    """What becomes of a row, by its number."""
    _next: deque[Matched] = field(factory=deque, init=False)
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
        """Finish the events under way; the others stay ``matched``."""
        await self._rounds.stop()
        await gatherResults([until_over(one) for one in self._under_way.values()])

    def cancel(self) -> None:
        """Give up the events under way; their rows stay ``matched``."""
        for passage in self._passages:
            passage.is_interrupted = True
        self._rounds.cancel()
        for one in list(self._under_way.values()):
            one.cancel()

    async def _look(self) -> None:
        at_once = 1 if self.route.keeps_order else _AT_ONCE
        while len(self._under_way) < at_once:
            if not self._next:
                self._next.extend(await self._more())
            if not self._next or self._rounds.is_over:
                return
            self._begin(self._next.popleft())

    async def _more(self) -> list[Matched]:
        rows = await self.queue.matched(self.route.name, _BATCH + len(self._under_way))
        return [row for row in rows if row.row not in self._under_way]

    def _begin(self, row: Matched) -> None:
        passing = self._under_way[row.row] = in_background(self._pass(row), self._log)

        def ended(_: None) -> None:
            del self._under_way[row.row]
            self._rounds.ring()

        passing.addCallback(ended)

    async def _pass(self, row: Matched) -> None:
        try:
            await self._pass_through(row)
        except StorageUnavailable:
            # Its turn comes again once the disk may take writes; what is behind it waits as well.
            self._next.clear()
            if not self._rounds.is_over:
                await deferLater(self.clock, _PAUSE_SECONDS)

    async def _pass_through(self, row: Matched) -> None:
        records = await self.log.get_many(self.project, [row.event_seq])
        record = records.get(row.event_seq)
        try:
            if record is None:
                raise DamagedEvent("the event is no longer in the log")
            passage = Passage(record, self.route, row.id, is_again=row.is_again)
        except DamagedEvent as error:
            await self._keep(row, Ending(DeliveryState.DEAD, error=str(error)))
            return
        self._passages.add(passage)
        try:
            await self.pipeline.run([passage])
            await self._keep(row, await self._ending(passage), passage)
        finally:
            self._passages.discard(passage)

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
