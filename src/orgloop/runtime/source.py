"""A source as it runs in a project."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from orgloop.config.model import SourceDefinition
from orgloop.errors import NotReady, StorageUnavailable
from orgloop.event import Cause, EventDraft
from orgloop.flow.intake import Acceptance, Intake
from orgloop.hidden import Hidden
from orgloop.interfaces import IPollingSource, IScheduledSource, ISource, IWebhookSource
from orgloop.runtime.poller import Poller
from orgloop.runtime.polling import DueTimer, PollingLoop, SourceCircuit
from orgloop.runtime.position import Position
from orgloop.runtime.startup import Startup
from orgloop.runtime.tally import Tally
from orgloop.times import to_iso


@define(eq=False, kw_only=True)
class RunningSource:
    """One source: its definition, its instance once it has started, and what keeps it polled."""

    project: str
    definition: SourceDefinition
    intake: Intake
    is_open: Callable[[], bool]
    """Whether the project takes events in."""
    startup: Startup[ISource] = field(init=False)
    position: Position
    make_poller: Callable[[SourceDefinition, IPollingSource, Tally, Position], Poller]
    make: Callable[[], ISource] | None
    clock: IReactorTime
    now_ms: Callable[[], int]
    first_poll_seconds: float
    """How long after its start the first poll is made: sources are spread."""
    on_path: Callable[[str, RunningSource], None] = field(
        default=lambda path, source: None, init=False
    )
    """Called once it has started, if it asks to be served at a path of its own."""
    hidden: Hidden = Hidden()
    tally: Tally = field(factory=Tally, init=False)
    _pollers: list[Poller] = field(factory=list, init=False)
    _circuit: SourceCircuit | None = field(default=None, init=False)
    _polling: PollingLoop | DueTimer | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.startup = Startup(
            name=f"source {self.definition.id}",
            make=self.make,
            clock=self.clock,
            on_started=self._started,
            reason=self.definition.unavailable or "starting",
            hidden=self.hidden,
        )

    def _started(self, source: ISource) -> None:
        if IWebhookSource.providedBy(source) and source.path:
            self.on_path(source.path, self)
        if not IPollingSource.providedBy(source) or not self.is_open():
            return
        poller = self.make_poller(self.definition, source, self.tally, self.position)
        self._pollers.append(poller)
        self._circuit = SourceCircuit(poller=poller, tell=poller.tell)
        if IScheduledSource.providedBy(source):
            self._polling = DueTimer(
                source=source, circuit=self._circuit, clock=self.clock, now_ms=self.now_ms
            )
        else:
            self._polling = PollingLoop(
                circuit=self._circuit,
                interval_seconds=self.definition.poll_interval.seconds,
                clock=self.clock,
            )
        self._polling.begin(self.first_poll_seconds)

    async def stop_polling(self) -> None:
        """Make no further poll; return when the one under way has ended."""
        if self._polling is not None:
            await self._polling.stop()
        if self._circuit is not None:
            await self._circuit.ended()

    def interrupt(self) -> None:
        """End the poll under way."""
        for poller in self._pollers:
            poller.interrupt()

    # --- what a person asks of it

    async def poll_now(self) -> None:
        """Poll at once, or wait for the poll under way; `tally` says how that went.

        Raises `NotReady` while there is nothing to poll, and `StorageUnavailable` if what it
        reported cannot be kept.
        """
        if self._circuit is None or not self.is_open():
            raise NotReady(f"source {self.source_id} cannot be polled: {self.reason or 'stopping'}")
        await self._circuit.poll()
        if self._circuit.poller.waits_for_disk:
            raise StorageUnavailable("what the source reports cannot be kept: the disk refuses")

    async def move(self, checkpoint: str | None) -> bool:
        """Let the next poll go on from ``checkpoint``; see `Position.move`."""
        is_new = await self.position.move(checkpoint)
        if isinstance(self._polling, DueTimer):
            self._polling.hurry()
        return is_new

    # --- webhooks

    @property
    def source(self) -> IWebhookSource | None:
        """The instance, if it has started and can be called over HTTP."""
        instance = self.startup.instance
        return instance if IWebhookSource.providedBy(instance) else None

    @property
    def may_be_called(self) -> bool:
        """Whether it is, or may turn out to be, a webhook source."""
        return self.startup.instance is None or self.source is not None

    @property
    def source_id(self) -> str:
        return self.definition.id

    @property
    def available(self) -> bool:
        """Whether a webhook can be taken now (503 otherwise)."""
        return self.is_open() and self.startup.instance is not None

    def conceal(self, text: str) -> str:
        """Return what its instance said of a failure, without the project's secrets."""
        return self.hidden.reason(text)

    async def accept(
        self, drafts: Sequence[EventDraft], *, cause: Cause | None = None
    ) -> Acceptance:
        """Keep what a webhook brought; see `Intake.accept`. Raises `NotReady` while closed."""
        if not self.is_open():
            raise NotReady("the project is starting or draining")
        acceptance = await self.intake.accept(self.definition.id, drafts, cause=cause)
        self.tally.accepted(acceptance.created, self.now_ms())
        return acceptance

    # --- what is shown

    @property
    def kind(self) -> str:
        """``polling``, ``scheduled``, ``webhook``, or ``unknown`` before it has started."""
        instance = self.startup.instance
        if IWebhookSource.providedBy(instance):
            return "webhook"
        if IScheduledSource.providedBy(instance):
            return "scheduled"
        return "polling" if instance is not None else "unknown"

    @property
    def is_polled(self) -> bool:
        """Whether it can be polled: a webhook may also look for what did not come."""
        return IPollingSource.providedBy(self.startup.instance)

    @property
    def status(self) -> str:
        """``ok``, ``degraded`` (it cannot start) or ``circuit_open`` (it fails again and again)."""
        if self.startup.reason is not None:
            return "degraded"
        return "circuit_open" if self._circuit is not None and self._circuit.is_open else "ok"

    @property
    def reason(self) -> str | None:
        """Why it is not ``ok``."""
        if self.startup.reason is not None:
            return self.startup.reason
        return self.tally.last_error if self.status != "ok" else None

    @property
    def event_count(self) -> int:
        return self.tally.event_count

    @property
    def events_24h(self) -> int:
        return self.tally.last_day(self.now_ms())

    @property
    def last_event(self) -> str | None:
        return None if self.tally.last_event_at is None else to_iso(self.tally.last_event_at)

    @property
    def last_poll(self) -> str | None:
        return None if self.tally.last_poll_at is None else to_iso(self.tally.last_poll_at)

    @property
    def last_poll_at(self) -> int | None:
        """When the last poll went well, in milliseconds since the Unix epoch."""
        return self.tally.last_poll_at

    @property
    def error_count(self) -> int:
        return self.tally.error_count

    @property
    def consecutive_errors(self) -> int:
        return self.tally.consecutive_errors

    @property
    def last_error(self) -> str | None:
        return self.tally.last_error

    @property
    def poll_interval_seconds(self) -> float:
        return self.definition.poll_interval.seconds
