"""Make sources, actors and loggers out of what is written, each name once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from orgloop.config.blocks import Actor, Logger, Source
from orgloop.config.components import Builder
from orgloop.config.gathering import Written
from orgloop.config.idle import warn_of_idle_settings
from orgloop.config.model import (
    ActorDefinition,
    Defaults,
    LoggerDefinition,
    Place,
    SourceDefinition,
)
from orgloop.config.nodes import Node, Scalar, child, extend
from orgloop.config.reading import Nothing, Reading
from orgloop.config.salvage import check_plugin
from orgloop.plugin import Kind

Definition = TypeVar("Definition")


class Names:
    """The names given to one kind of thing, and where: each may be given once."""

    def __init__(self, reading: Reading, key: str, reserved: Collection[str] = ()) -> None:
        self._reading = reading
        self._key = key
        self._reserved = reserved
        self._places: dict[str, Place | None] = {}
        self.given: set[str] = set()
        """Every name that was asked for, free or not."""

    def beside(self) -> Names:
        """Return names for another kind of thing that shares this name space."""
        names = Names(self._reading, self._key, self._reserved)
        names._places = self._places
        return names

    def is_free(self, written: Written) -> bool:
        """Whether the name of a definition is new; note it, or report who has it."""
        node = child(written.node, self._key)
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            return True  # about to be reported
        name = self._reading.text(node, extend(written.trail, self._key))
        if isinstance(name, Nothing):
            return True
        self.given.add(name)
        if name in self._reserved:
            self._report(node, written, f"the name `{name}` belongs to the runtime itself")
            return False
        if name not in self._places:
            self._places[name] = node.place(extend(written.trail, self._key))
            return True
        what = f"the name `{name}` is taken: see {self._places[name]}"
        self._report(node, written, what, "Give one of the two another name.")
        return False

    def _report(
        self, node: Node, written: Written, what: str, remedy: str = "Choose another name."
    ) -> None:
        self._reading.report(node, extend(written.trail, self._key), what, remedy)


def each_once(
    written: Iterable[Written],
    names: Names,
    make: Callable[[Written], Definition | None],
    name_of: Callable[[Definition], str],
) -> dict[str, Definition]:
    """Make every definition whose name is free; what is wrong is reported and left out."""
    made = {}
    for one in written:
        free = names.is_free(one)
        definition = make(one)
        if definition is not None and free:
            made[name_of(definition)] = definition
    return made


def source_of(written: Written, builder: Builder, defaults: Defaults) -> SourceDefinition | None:
    """Return the source that is written there; `None` after reporting what is wrong."""
    part = builder.part(Kind.SOURCE, written)
    entry: Source | None = builder.entry(Source, part)
    if entry is None:
        check_plugin(part, "connector", builder)
        return None
    component = builder.component(part, "connector", entry.connector, entry.config)
    if component is None:
        return None
    circuit = entry.poll.circuit_breaker
    written_circuit = {
        "failure_threshold": circuit.failure_threshold,
        "circuit_cooldown": circuit.cooldown,
    }
    given = {name: value for name, value in written_circuit.items() if value is not None}
    return SourceDefinition(
        id=entry.id,
        description=entry.description,
        labels=entry.labels,
        poll_interval=entry.poll.interval or defaults.poll_interval,
        poll_timeout=entry.poll.timeout,
        emits=entry.emits,
        **(component | given),
    )


def actor_of(written: Written, builder: Builder) -> ActorDefinition | None:
    """Return the actor that is written there; `None` after reporting what is wrong."""
    part = builder.part(Kind.ACTOR, written)
    entry: Actor | None = builder.entry(Actor, part)
    if entry is None:
        check_plugin(part, "connector", builder)
        return None
    component = builder.component(part, "connector", entry.connector, entry.config)
    block = child(part.node, "delivery")
    warn_of_idle_settings(entry.delivery, block, part.trail("delivery"), builder.reading)
    if component is None:
        return None
    return ActorDefinition(
        id=entry.id,
        description=entry.description,
        labels=entry.labels,
        delivery=entry.delivery,
        **component,
    )


def logger_of(written: Written, builder: Builder) -> LoggerDefinition | None:
    """Return the logger that is written there; `None` after reporting what is wrong."""
    part = builder.part(Kind.LOGGER, written)
    entry: Logger | None = builder.entry(Logger, part)
    if entry is None:
        check_plugin(part, "type", builder)
        return None
    component = builder.component(part, "type", entry.type, entry.config)
    if component is None:
        return None
    return LoggerDefinition(id=entry.name, description=entry.description, **component)
