"""Projects put together for real, with time and every outside thing in the test's hands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

from attrs import define, evolve, field
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock
from zope.interface import implementer

from orgloop.config.model import (
    ActorDefinition,
    DeliverySettings,
    Match,
    Place,
    ProjectDefinition,
    RouteDefinition,
    SourceDefinition,
    TransformDefinition,
)
from orgloop.delivery import Delivery, DeliveryResult, Dispatch
from orgloop.durations import Duration
from orgloop.event import Event, EventDraft
from orgloop.interfaces import IActor, IAsyncTransform, IInProcessTransform, IRemembers, ISource
from orgloop.logentry import LogEntry
from orgloop.plugin import Registration
from orgloop.records import DeliveryQuery
from orgloop.reports import TransformContext
from orgloop.runtime.assembly import assemble
from orgloop.runtime.facilities import Facilities
from orgloop.runtime.metrics import Metrics
from orgloop.runtime.observers import Observers
from orgloop.runtime.project import Project
from orgloop.shared import Shared
from orgloop.storage.checkpoints import FileCheckpointStore
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.home import Home
from orgloop.storage.queue import SQLiteDeliveryQueue

PLACE = Place(file=Path("/project/orgloop.yaml"), line=1, column=1)
EPOCH_MS = 1_767_225_600_000


class InlineWorker:
    """A worker without a thread: work is done when it is asked for."""

    def __init__(self, name: str) -> None:
        pass

    def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        return maybeDeferred(work, *args, **kwargs)

    def quit(self) -> None:
        pass


def done(coroutine: Awaitable[Any]) -> Any:
    """Return what a coroutine that need not wait returns, or raise what it raises."""
    results: list[Any] = []

    async def run() -> Any:
        return await coroutine

    Deferred.fromCoroutine(run()).addBoth(results.append)
    assert results, "it waits for something"
    if hasattr(results[0], "raiseException"):
        results[0].raiseException()
    return results[0]


@implementer(ISource)
class Silent:
    """A source that says nothing by itself."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


@implementer(IActor)
@define(eq=False)
class Worker:
    """An actor that answers as the test says; ``None`` leaves an attempt open."""

    answer: Callable[[Dispatch], DeliveryResult | None] = lambda dispatch: (
        DeliveryResult.delivered()
    )
    attempts: list[Dispatch] = field(factory=list)
    open: dict[str, Deferred[DeliveryResult]] = field(factory=dict)
    stopped: int = 0

    async def start(self) -> None: ...

    async def stop(self) -> None:
        self.stopped += 1

    async def deliver(self, dispatch: Dispatch) -> DeliveryResult:
        self.attempts.append(dispatch)
        result = self.answer(dispatch)
        if result is not None:
            return result
        waiting = self.open[dispatch.event.id] = Deferred()
        return await waiting

    def seen(self) -> list[Any]:
        """The numbers of the events attempted, in order."""
        return [(one.event.payload or {}).get("n") for one in self.attempts]


@implementer(IInProcessTransform)
@define(eq=False)
class Step:
    """An in-process transform that does what the test says."""

    change: Callable[[Event, TransformContext], Any] = lambda event, context: event

    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    def apply(self, event: Event, context: TransformContext) -> Any:
        return self.change(event, context)


@implementer(IRemembers)
class RememberingStep(Step):
    """Drop an event whose number was seen within a minute."""

    def memory_keys(self, event: Event, context: TransformContext) -> list[str]:
        return [str((event.payload or {})["n"])]

    def apply(self, event: Event, context: TransformContext) -> Event | None:
        [key] = self.memory_keys(event, context)
        if context.memory.get(key) not in (None, event.id):
            return None
        context.memory.set(key, event.id, expires_at=context.accepted_at + 60_000)
        return event


@implementer(IAsyncTransform)
@define(eq=False)
class SlowStep:
    """A transform that answers when the test lets it."""

    waiting: list[tuple[Event, Deferred[Any]]] = field(factory=list)

    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    async def apply(self, event: Event, context: TransformContext) -> Any:
        answer: Deferred[Any] = Deferred()
        self.waiting.append((event, answer))
        return await answer

    def let_go(self, answer: Callable[[Event], Any] = lambda event: event) -> None:
        event, waiting = self.waiting.pop(0)
        waiting.callback(answer(event))


class World:
    """A home with the facilities of a runtime; projects are made and remade on it."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root / "home")
        self.home.create()
        self.clock = Clock()
        self.skew_ms = 0
        self.told: list[LogEntry] = []
        self.observers = Observers(self.clock)
        self.observers.subscribe(self.told.append)
        self.projects: list[Project] = []
        self.open_log()

    def open_log(self) -> None:
        self.log = done(SQLiteEventLog.open(self.home.event_log, InlineWorker))
        self.facilities = Facilities(
            runtime_id="rt_test",
            home=self.home.root,
            clock=self.clock,
            now_ms=self.now_ms,
            random=Random(1),
            processes=self.clock,
            http=None,
            environ={},
            run_in_thread=maybeDeferred,
            log=self.log,
            checkpoints=FileCheckpointStore(self.home.checkpoints, maybeDeferred, self.now_ms),
            open_queue=self.open_queue,
            observers=self.observers,
            metrics=Metrics(),
            shared=Shared(),
            is_daemon=False,
        )

    def now_ms(self) -> int:
        return EPOCH_MS + self.skew_ms + round(self.clock.seconds() * 1000)

    async def open_queue(self, project: str) -> SQLiteDeliveryQueue:
        return await SQLiteDeliveryQueue.open(self.home.queue(project), project, InlineWorker)

    def start(self, definition: ProjectDefinition) -> Project:
        """Load and start a project."""
        project: Project = done(assemble(self.facilities, definition))
        self.projects.append(project)
        done(project.start())
        return project

    def stop(self, project: Project) -> None:
        """Stop a project gracefully; whatever is in flight is interrupted."""
        self.projects.remove(project)
        done(project.stop_intake())
        project.interrupt()
        done(project.drain())
        done(project.close())

    def crash(self, project: Project) -> None:
        """Forget a project as if the process had been killed, and open the files again."""
        self.projects.remove(project)
        project.router.rounds.is_over = True
        for actor in project.actors.values():
            actor.lane._is_stopping = True
        done(self.log.close())
        done(project.queue.close())
        for call in tuple(self.clock.getDelayedCalls()):
            call.cancel()
        self.open_log()

    def close(self) -> None:
        for project in list(self.projects):
            self.stop(project)
        done(self.log.close())

    def phases(self) -> list[str]:
        return [entry.phase for entry in self.told]


def registration(kind: str, instance: Any) -> Registration:
    keywords: dict[str, Any] = {kind: lambda config, context: instance}
    return Registration(id="fake", **keywords)


def source(name: str = "src", instance: Any = None) -> SourceDefinition:
    return SourceDefinition(
        id=name,
        plugin="fake",
        registration=registration("source", instance or Silent()),
        config=None,
        place=PLACE,
        poll_interval=Duration(300_000),
    )


def actor(instance: Any, name: str = "worker", **settings: Any) -> ActorDefinition:
    return ActorDefinition(
        id=name,
        plugin="fake",
        registration=registration("actor", instance),
        config=None,
        place=PLACE,
        delivery=DeliverySettings(**settings),
    )


def transform(instance: Any, name: str = "step", on_error: Any = "pass") -> TransformDefinition:
    return TransformDefinition(
        id=name,
        plugin="fake",
        registration=registration("transform", instance),
        config=None,
        place=PLACE,
        on_error=on_error,
    )


def route(
    name: str = "route",
    *transforms: TransformDefinition,
    source: str = "src",
    actor: str = "worker",
    **more: Any,
) -> RouteDefinition:
    events = ("resource.changed", "actor.stopped", "message.received")
    match = Match(source=source, events=events, filter=more.pop("filter", {}))
    return RouteDefinition(
        name=name, when=match, actor=actor, place=PLACE, transforms=transforms, **more
    )


def project(*parts: Any, name: str = "org") -> ProjectDefinition:
    made = ProjectDefinition(name=name, file=PLACE.file)
    kinds = {SourceDefinition: "sources", ActorDefinition: "actors", RouteDefinition: "routes"}
    for part in parts:
        kind = kinds[type(part)]
        key = part.name if kind == "routes" else part.id
        made = evolve(made, **{kind: {**getattr(made, kind), key: part}})
    return made


def draft(n: int, **more: Any) -> EventDraft:
    return EventDraft("resource.changed", {"platform": "test"}, {"n": n, **more}, key=str(n))


def accept(running: Project, *numbers: int, **more: Any) -> list[str]:
    """Report events of these numbers and return their ids."""
    kept = done(running.accept("src", [draft(n, **more) for n in numbers]))
    return list(kept.event_ids)


def deliveries(running: Project) -> list[Delivery]:
    """Every row of the queue, oldest first."""
    return list(reversed(done(running.queue.query(DeliveryQuery(limit=1000)))))


def states(running: Project) -> list[str]:
    return [str(one.state) for one in deliveries(running)]
