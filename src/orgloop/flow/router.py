"""Match events to routes, in order of acceptance, each exactly once per route."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from orgloop.config.model import LoopLimits
from orgloop.delivery import DeliveryState
from orgloop.errors import DamagedEvent
from orgloop.flow.background import until_kept
from orgloop.flow.counting import Counting
from orgloop.flow.ending import Ending, Endings
from orgloop.flow.loop_guard import Verdict, judge
from orgloop.flow.matching import RouteIndex
from orgloop.flow.pipeline import Passage, Pipeline
from orgloop.flow.pressure import Pressure
from orgloop.flow.prompts import Prompts
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.rounds import Rounds
from orgloop.flow.route import Route
from orgloop.flow.tell import Tell
from orgloop.flow.waking import Waking
from orgloop.identity import RUNTIME_NAME, delivery_id
from orgloop.interfaces import IDeliveryQueue, IEventLog
from orgloop.records import EventRecord, NewDelivery, Overflow, RoutedBatch, Step

_BATCH = 256
_BATCH_ROWS = 2048  # a batch ends early where each event goes along many routes


@define(eq=False, kw_only=True)
class Router:
    """Read the event log behind this project's cursor and fill its queue.

    One batch is in flight at a time: what is accepted while it commits makes the next one.
    """

    _log = Logger()

    project: str
    log: IEventLog
    queue: IDeliveryQueue
    routes: Mapping[str, Route]
    pipeline: Pipeline
    endings: Endings
    prompts: Prompts
    limits: LoopLimits
    clock: IReactorTime
    now_ms: Callable[[], int]
    queue_time: QueueTime
    tell: Tell
    counting: Counting
    waking: Waking
    pressure: Pressure
    _index: RouteIndex = field(init=False)
    rounds: Rounds = field(init=False)
    _cursor: int = field(default=0, init=False)
    _unsubscribe: Callable[[], None] | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.rounds = Rounds("routing", self.clock, self._look)
        self._index = RouteIndex(route.definition for route in self.routes.values())

    async def start(self) -> None:
        """Go on where the queue's cursor stands."""
        self._cursor = await self.queue.cursor()
        self._unsubscribe = self.log.subscribe(self.project, self.rounds.ring)
        self.rounds.start()

    async def stop(self) -> None:
        """Finish the batch in flight; what is not routed yet is routed after the next start."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        await self.rounds.stop()

    async def _look(self) -> None:
        while not self.rounds.is_over and await self._step():
            pass

    async def _step(self) -> bool:
        """Route the next stretch of the log; say whether there was one."""
        records = await self.log.read(self.project, self._cursor, _BATCH)
        if not records:
            return False
        passages: list[Passage] = []
        rows: list[NewDelivery] = []
        cursor = self._cursor
        for record in records:
            rows += self._match(record, passages)
            cursor = record.seq
            if len(rows) + len(passages) >= _BATCH_ROWS:
                break
        await self.pipeline.run(passages)
        rows += await self._ended(passages)
        await self._keep(cursor, rows, passages)
        return True

    def _damaged(self, record: EventRecord, error: str) -> NewDelivery:
        """Return the row of an event that cannot be read: people find it among the dead letters."""
        self._log.error("{error}", error=error)
        self.tell("deliver.dead", record, error=error)
        return self._row(record, None, Ending(DeliveryState.DEAD, error=error))

    def _match(self, record: EventRecord, passages: list[Passage]) -> Iterable[NewDelivery]:
        """Begin an event's passages through inline routes; yield the rows of everything else."""
        try:
            event = record.event
        except DamagedEvent as error:
            yield self._damaged(record, str(error))
            return
        if (told := self._told_by(record)) is not None:
            passages.append(self._passage(record, told, is_notification=True))
            return
        verdict = judge(record.depth, self.limits)
        if verdict is Verdict.CUT:
            self.tell("loop.circuit_broken", record, metadata={"depth": record.depth})
            self.counting.event_cut(record.source)
            yield self._row(record, None, Ending(DeliveryState.CUT))
            return
        if verdict is Verdict.WARN:
            self.tell("loop.detected", record, metadata={"depth": record.depth})
        found = self._index.find(event)
        if not found:
            self.tell("route.no_match", record)
            self.counting.event_unmatched(record.source)
            yield self._row(record, None, Ending(DeliveryState.UNMATCHED))
        for definition in found:
            route = self.routes[definition.name]
            route.fire_count += 1
            route.last_fired_at = record.accepted_at
            self.tell("route.match", record, route=route.name, target=route.actor)
            if route.is_inline:
                passages.append(self._passage(record, route))
            else:
                yield self._row(record, route, Ending(DeliveryState.MATCHED))

    def _told_by(self, record: EventRecord) -> Route | None:
        """Return the route that is to tell a session of its inbox, if the event is about that.

        Past filter, transforms and loop guard: they were passed by what lies in the inbox.
        """
        if record.source != RUNTIME_NAME:
            return None
        return self.routes.get(str(record.event.provenance.get("route")))

    def _passage(
        self, record: EventRecord, route: Route, *, is_notification: bool = False
    ) -> Passage:
        made = self._delivery_id(record, route)
        return Passage(record, route, made, is_notification=is_notification)

    def _delivery_id(self, record: EventRecord, route: Route | None) -> str:
        name = route.name if route else ""
        return delivery_id(self.project, record.id, record.seq, name, 0)

    async def _ended(self, passages: Sequence[Passage]) -> list[NewDelivery]:
        passing = {one.route.name: one.route.definition for one in passages if one.passes}
        prompts = await self.prompts.of(passing.values())
        now = self.queue_time()
        return [
            self._row(
                one.record,
                one.route,
                self.endings.of(one, prompts.get(one.route.name), now),
                one.steps,
                one.delivery_id,
            )
            for one in passages
        ]

    async def _keep(
        self, cursor: int, rows: Sequence[NewDelivery], passages: Sequence[Passage]
    ) -> None:
        """Keep rows and cursor together. Actors are woken at once: their claim joins the commit."""
        memory = [write for passage in passages for write in passage.memory]
        batch = RoutedBatch(cursor=cursor, rows=rows, memory=memory)

        def change() -> Deferred[list[Overflow]]:
            kept = self.queue.route(batch)
            self.waking.lanes((row.state, row.actor) for row in rows)
            return kept

        overflow = await until_kept(change, self.clock, lambda: self.rounds.is_over)
        self._cursor = cursor
        self.waking.others((row.state, row.route, row.ready) for row in rows)
        added = Counter(row.actor or "" for row in rows if row.state is DeliveryState.WAITING)
        self.pressure.added(added, overflow)

    def _row(
        self,
        record: EventRecord,
        route: Route | None,
        ending: Ending,
        steps: Sequence[Step] = (),
        made: str | None = None,
    ) -> NewDelivery:
        return NewDelivery(
            id=made or self._delivery_id(record, route),
            event_id=record.id,
            event_seq=record.seq,
            route=route.name if route else None,
            actor=route.actor if route else None,
            state=ending.state,
            accepted_at=record.accepted_at,
            created_at=self.now_ms(),
            ready=ending.ready,
            steps=steps,
            error=ending.error,
        )
