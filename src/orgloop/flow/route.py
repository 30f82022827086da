"""A route as it runs: its definition, its transforms, its effective delivery settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from attrs import define, field, frozen

from orgloop.config.model import DeliverySettings, OnError, RouteDefinition
from orgloop.delivery import Prompt
from orgloop.event import Event
from orgloop.flow.debouncing import Debouncing
from orgloop.flow.guard.scan import findings
from orgloop.interfaces import IInProcessTransform, IRemembers, ITransform
from orgloop.records import Batch, Debounce, EventRecord, Gather, Ready
from orgloop.templates import fill, fill_config, scope_of
from orgloop.times import to_iso


@frozen
class Stage:
    """One transform at its place in a route."""

    name: str
    position: int
    on_error: OnError
    transform: ITransform
    is_in_process: bool
    remembers: bool

    @classmethod
    def of(cls, name: str, position: int, on_error: OnError, transform: ITransform) -> Stage:
        return cls(
            name,
            position,
            on_error,
            transform,
            IInProcessTransform.providedBy(transform),
            IRemembers.providedBy(transform),
        )


@define(eq=False)
class Route:
    """One route of a running project."""

    definition: RouteDefinition
    settings: DeliverySettings
    """Effective: the route's, else the actor's."""
    stages: Sequence[Stage]
    debouncing: Debouncing | None = None
    """What its source says of events that wait until it is quiet; its own settings come first."""
    has_backlog: bool = False
    """Rows of an earlier run still wait for their transforms: new ones must queue behind them."""
    fire_count: int = 0
    last_fired_at: int | None = None
    _static_config: bytes | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        written = orjson.dumps(self.definition.config)
        if b"{{" not in written:
            self._static_config = written

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def actor(self) -> str:
        return self.definition.actor

    @property
    def last_fired(self) -> str | None:
        """When an event last matched, ISO 8601."""
        return None if self.last_fired_at is None else to_iso(self.last_fired_at)

    @property
    def is_inline(self) -> bool:
        """Whether its transforms can run in the transaction that routes."""
        return not self.has_backlog and all(stage.is_in_process for stage in self.stages)

    @property
    def keeps_order(self) -> bool:
        """Whether it matters in which order events pass its transforms."""
        settings = self.settings
        return (
            settings.order_by is not None
            or settings.concurrency == 1
            or settings.debounce is not None
            or settings.batch is not None
            or self.definition.inbox is not None
            or self.debouncing is not None
            or any(stage.remembers for stage in self.stages)
        )

    @property
    def merges(self) -> bool:
        """Whether a delivery may stand for earlier ones that wait no longer."""
        return self.settings.debounce is not None or self.debouncing is not None

    def scope(self, stage: Stage) -> str:
        """Return the name under which a transform at this place remembers."""
        return f"{stage.position}:{self.name}"

    def ready(
        self,
        record: EventRecord,
        event: Event,
        prompt: Prompt | None,
        now: int,
        *,
        is_again: bool = False,
    ) -> Ready:
        """Fix what every attempt of a delivery sends, from the event as its transforms left it.

        ``now`` is queue time. What a person asks for again waits for nothing that its source says.
        """
        config = self._config(event)
        inbox = self.definition.inbox
        order_key, gather = self._standing(record, event, is_again=is_again)
        return Ready(
            order_key=order_key,
            due_at=now,
            body=None if event is record.event else event.to_bytes(),
            config=config,
            prompt=prompt,
            gate=self._gate,
            gather=gather,
            session_key=None if inbox is None else str(orjson.loads(config)["session_key"]),
            expires_at=None if inbox is None else now + inbox.inbox_ttl.milliseconds,
        )

    def notification(self, record: EventRecord, prompt: Prompt | None, now: int) -> Ready:
        """Fix what is sent to tell a session that something lies in its inbox."""
        event = record.event
        session_key = (event.payload or {}).get("session_key")
        config = {**orjson.loads(self._config(event)), "session_key": session_key}
        return Ready(
            order_key=None,
            due_at=now,
            config=orjson.dumps(config),
            prompt=prompt,
            gate=self._gate,
        )

    def suspicions(self, event: Event, ready: Ready) -> list[str]:
        """Return what the route's guard finds in what goes to the actor."""
        guard = self.definition.guard
        if guard is None:
            return []
        sent = {"provenance": event.provenance, "payload": event.payload, **(event.extra or {})}
        if self._static_config is None:
            sent["config"] = _filled(self.definition.config, orjson.loads(ready.config))
        return findings(sent, guard)

    @property
    def _gate(self) -> str | None:
        return self.name if self.definition.delivery.max_rate is not None else None

    def _config(self, event: Event) -> bytes:
        if self._static_config is not None:
            return self._static_config
        return orjson.dumps(fill_config(self.definition.config, scope_of(event)))

    def _standing(
        self, record: EventRecord, event: Event, *, is_again: bool
    ) -> tuple[str | None, Gather | None]:
        """Return the line and the group that a delivery waits in.

        One that its source debounces stands in no line that the project did not ask for: it would
        hold up all others of an actor that does one thing at a time.
        """
        order_key = self._order_key(event)
        if self.definition.inbox is not None:
            return order_key, None
        gather = self._gather(order_key)
        if gather is not None or is_again or self.debouncing is None:
            return order_key, gather
        debounced = self.debouncing.gather(record.event)
        is_ordered = debounced is None or self.settings.order_by is not None
        return order_key if is_ordered else None, debounced

    def _order_key(self, event: Event) -> str | None:
        """Return what deliveries queue up behind: ``None`` for nothing.

        An actor that does one thing at a time gets each route's deliveries in order.
        """
        if self.settings.order_by is not None:
            return fill(self.settings.order_by, scope_of(event))
        return "" if self.settings.concurrency == 1 else None

    def _gather(self, order_key: str | None) -> Gather | None:
        """Return the group that a delivery joins: of its order key, or of the whole route."""
        key = (order_key or "") if self.settings.order_by is not None else ""
        debounce, batch = self.settings.debounce, self.settings.batch
        if batch is not None:
            return Gather(key=key, how=Batch(max=batch.max, every_ms=batch.every.milliseconds))
        if debounce is not None:
            return Gather(
                key=key,
                how=Debounce(
                    quiet_ms=debounce.quiet.milliseconds, max_ms=debounce.max.milliseconds
                ),
            )
        return None


def _filled(template: Any, value: Any) -> Any:
    """Return what templates filled, in its place: what the project says itself is left out."""
    if isinstance(template, str):
        return value if "{{" in template else None
    if isinstance(template, dict):
        return {key: _filled(one, value[key]) for key, one in template.items()}
    if isinstance(template, list | tuple):
        return [_filled(one, value[index]) for index, one in enumerate(template)]
    return None
