"""Pass events through the transforms of their routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from time import perf_counter
from typing import Any, Protocol

from attrs import define, field
from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from orgloop.delivery import DeliveryState
from orgloop.errors import PLUGIN_ERRORS, Dropped, InvalidEvent
from orgloop.event import FIELDS, Event, content_problems
from orgloop.flow.changes import Changes
from orgloop.flow.counting import Counting
from orgloop.flow.route import Route, Stage
from orgloop.flow.tell import Tell
from orgloop.hidden import Hidden
from orgloop.records import EventRecord, MemoryWrite, Recalled, Step
from orgloop.reports import Memory, TransformContext
from orgloop.wording import is_proper, words_of

_LONGEST_TURN_SECONDS = 0.02
"""How long transforms that answer at once go on before the reactor has a turn: they come in groups,
and each may take up to a tenth of a second over its expressions."""


@define(eq=False)
class Passage:
    """One event on its way through one route."""

    record: EventRecord
    route: Route
    delivery_id: str
    event: Event = field(init=False)
    state: DeliveryState = DeliveryState.WAITING
    """``waiting`` while it passes; ``dropped`` or ``dead`` once a transform has ended it."""
    error: str | None = None
    steps: list[Step] = field(factory=list)
    memory: list[MemoryWrite] = field(factory=list)
    is_again: bool = False
    """A replay or a retry: it neither reads nor changes what transforms remember."""
    is_notification: bool = False
    """It tells a session of its inbox: no transform sees it."""
    is_interrupted: bool = False
    """The runtime stops: a transform that is cancelled now has not failed."""

    def __attrs_post_init__(self) -> None:
        self.event = self.record.event

    @property
    def stages(self) -> Sequence[Stage]:
        """The transforms it passes."""
        return () if self.is_notification else self.route.stages

    @property
    def passes(self) -> bool:
        return self.state is DeliveryState.WAITING

    def context(self, memory: Memory) -> TransformContext:
        return TransformContext(
            source=self.record.source,
            target=self.route.actor,
            event_type=self.record.type,
            route=self.route.name,
            accepted_at=self.record.accepted_at,
            memory=memory,
        )


class Memories(Protocol):
    """What transforms remember from event to event: kept in the delivery queue, as a rule."""

    async def recall(self, keys: Sequence[tuple[str, str]]) -> Recalled:
        """See `orgloop.interfaces.IDeliveryQueue.recall`."""


@define(eq=False)
class Pipeline:
    """Run transforms, stage by stage.

    What a transform remembers is scoped to its place, so passing a group of events through one
    stage after another gives the same as passing each event through all stages, and what the
    transforms of a stage remember is fetched for the whole group together.
    """

    memories: Memories
    tell: Tell
    counting: Counting
    clock: IReactorTime
    hidden: Hidden = Hidden()

    async def run(self, passages: Sequence[Passage]) -> None:
        """Pass events through their routes' transforms; of one route they stand in order."""
        for position in range(max((len(one.stages) for one in passages), default=0)):
            await self._run_stage(
                [one for one in passages if one.passes and position < len(one.stages)],
                position,
            )

    async def _run_stage(self, passages: Sequence[Passage], position: int) -> None:
        memories = await self._recall(passages, position)
        began = self.clock.seconds()
        for passage in passages:
            if self.clock.seconds() - began > _LONGEST_TURN_SECONDS:
                await deferLater(self.clock, 0)
                began = self.clock.seconds()
            stage = passage.route.stages[position]
            if passage.is_again:
                await self._apply(passage, stage, Memory())
                continue
            scope = passage.route.scope(stage)
            memory = memories[scope]
            await self._apply(passage, stage, memory)
            passage.memory.extend(_writes(scope, memory))

    async def _recall(self, passages: Iterable[Passage], position: int) -> defaultdict[str, Memory]:
        """Return what the transforms of a stage remember of what they will ask for, by scope."""
        wanted = [
            (passage.route.scope(stage), key)
            for passage in passages
            if (stage := passage.route.stages[position]).remembers and not passage.is_again
            for key in self._memory_keys(passage, stage)
        ]
        memories: defaultdict[str, Memory] = defaultdict(Memory)
        if wanted:
            for (scope, key), value in (await self.memories.recall(wanted)).items():
                memories[scope].known[key] = value
        return memories

    def _memory_keys(self, passage: Passage, stage: Stage) -> Sequence[str]:
        transform: Any = stage.transform
        try:
            keys = list(transform.memory_keys(passage.event, passage.context(Memory())))
        except PLUGIN_ERRORS:
            return ()  # `apply` meets the same trouble, and its error is the one that is told
        return [key for key in keys if is_proper(key)]  # under others nothing can be kept

    async def _apply(self, passage: Passage, stage: Stage, memory: Memory) -> None:
        transform: Any = stage.transform
        context = passage.context(memory)
        before = passage.event
        began = perf_counter()
        self.tell("transform.start", passage.record, **_where(passage, stage))
        try:
            answer = transform.apply(before, context)
            if not stage.is_in_process:
                answer = await answer
            if answer is not None and answer is not before:
                answer = _checked(answer, before)
        except Dropped as reason:
            self._drop(passage, stage, began, self.hidden.reason(words_of(reason)))
        except CancelledError as error:
            if passage.is_interrupted:
                raise
            self._fail(passage, stage, began, error)
        except GeneratorExit:
            raise  # nobody waits for this any more
        except BaseException as error:  # whatever a library raises, it is the transform's
            self._fail(passage, stage, began, error)
        else:
            if answer is None:
                self._drop(passage, stage, began, None)
            else:
                self._pass(passage, stage, began, answer)

    def _pass(self, passage: Passage, stage: Stage, began: float, answer: Event) -> None:
        before, passage.event = passage.event, answer
        if answer is before:
            self._note(passage, stage, began, "pass", "transform.pass")
        else:
            self._note(passage, stage, began, "change", "transform.pass", before=before)

    def _drop(self, passage: Passage, stage: Stage, began: float, reason: str | None) -> None:
        passage.state = DeliveryState.DROPPED
        passage.error = f"{stage.name}: {reason}" if reason else stage.name
        self._note(passage, stage, began, "drop", "transform.drop", reason)

    def _fail(self, passage: Passage, stage: Stage, began: float, error: BaseException) -> None:
        reason = self.hidden.reason(error)
        if stage.on_error == "pass":
            self._note(passage, stage, began, "error", "transform.error", reason)
            return
        is_drop = stage.on_error == "drop"
        passage.state = DeliveryState.DROPPED if is_drop else DeliveryState.DEAD
        passage.error = f"{stage.name} failed: {reason}"
        verdict = "error_drop" if is_drop else "error_halt"
        self._note(passage, stage, began, verdict, f"transform.{verdict}", reason)

    def _note(
        self,
        passage: Passage,
        stage: Stage,
        began: float,
        verdict: str,
        phase: str,
        detail: str | None = None,
        before: Event | None = None,
    ) -> None:
        duration = round((perf_counter() - began) * 1000, 3)
        changes = None if before is None else Changes.between(before, passage.event, self.hidden)
        passage.steps.append(
            Step(
                transform=stage.name,
                verdict=verdict,
                duration_ms=duration,
                detail=detail,
                changes=changes.listed if changes else (),
                changes_omitted=changes.omitted if changes else 0,
            )
        )
        self.counting.transform(stage.name, verdict)
        failed = verdict.startswith("error")
        self.tell(
            phase,
            passage.record,
            **_where(passage, stage),
            duration_ms=duration,
            result=verdict,
            error=detail if failed else None,
            metadata={"reason": detail} if detail and not failed else None,
        )


def _where(passage: Passage, stage: Stage) -> dict[str, str]:
    return {
        "route": passage.route.name,
        "target": passage.route.actor,
        "transform": stage.name,
    }


def _checked(answer: object, before: Event) -> Event:
    """Return a transform's answer as an event, with what it may not change put back."""
    if not isinstance(answer, Event):
        raise InvalidEvent([f"the transform answered with {type(answer).__name__}, not an event"])
    document = {
        "type": answer.type,
        "timestamp": answer.timestamp or "",
        "provenance": answer.provenance,
        "payload": answer.payload,
    }
    problems = content_problems(document)
    if answer.extra is not None and not _is_further(answer.extra):
        problems.append("extra: an object of fields that an event does not have of itself")
    if problems:
        raise InvalidEvent(problems)
    return before.with_content_of(answer)


def _is_further(extra: object) -> bool:
    return isinstance(extra, dict) and FIELDS.isdisjoint(extra)


def _writes(scope: str, memory: Memory) -> Iterator[MemoryWrite]:
    """Take what was written since the last call."""
    for key, (value, expires_at) in memory.written.items():
        yield MemoryWrite(scope=scope, key=key, value=value, expires_at=expires_at)
    memory.written.clear()
