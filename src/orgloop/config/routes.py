"""Make routes out of what is written: whom they listen to, what they do, whom they wake."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import define, field, frozen

from orgloop.config.blocks import Route
from orgloop.config.components import Builder
from orgloop.config.concealment import conceal, conceal_at
from orgloop.config.files import first_file
from orgloop.config.gathering import Written
from orgloop.config.idle import (
    note_unread_route_options,
    warn_of_idle_beside_inbox,
    warn_of_idle_settings,
)
from orgloop.config.inbox import InboxSettings
from orgloop.config.model import (
    ActorDefinition,
    RouteDefinition,
    SourceDefinition,
    TransformDefinition,
)
from orgloop.config.nodes import Mapping, Node, Scalar, Sequence, Trail, child, extend
from orgloop.config.problems import suggestion
from orgloop.config.reading import Nothing, Reading, has_variables, read_plain
from orgloop.config.salvage import node_at, text_at, uses_in
from orgloop.config.structure import structure
from orgloop.config.then import read_inbox
from orgloop.config.transforms import Transforms
from orgloop.event import JSONObject
from orgloop.hidden import HIDDEN

# What a route says besides its filter, its config and its prompt file.
_AROUND = (
    "description",
    "when.source",
    "when.events",
    "transforms",
    "then.actor",
    "then.delivery",
    "then.guard",
)


@frozen
class Parties:
    """Who takes part: the sources and actors that can be used, and every name given to one."""

    sources: dict[str, SourceDefinition]
    actors: dict[str, ActorDefinition]
    source_names: frozenset[str]
    actor_names: frozenset[str]
    """A name whose definition is wrong is known all the same: one mistake is one message."""


@define
class RouteReader:
    """Reads routes against the sources, actors and transforms of their project."""

    _builder: Builder
    _parties: Parties
    _transforms: Transforms
    _strict: bool = field(kw_only=True)
    """Whether a missing prompt file is an error."""
    _prompts: dict[tuple[Path | None, str], Path | None] = field(factory=dict, init=False)

    @property
    def _reading(self) -> Reading:
        return self._builder.reading

    def read(self, written: Written) -> RouteDefinition | None:
        """Return the route that is written there; `None` after reporting what is wrong."""
        node, trail = written.node, written.trail
        mark = len(self._reading.uses)
        entry = structure(Route, node, trail, self._reading)
        if isinstance(entry, Nothing):
            self._check_wrong(node, trail)
            return None
        route: Route = entry
        is_right = self._check_references(route.when.source, route.then.actor, node, trail)
        is_right &= self._check_filter(node_at(node, "when", "filter"), trail)
        steps = self._steps(route, node, trail)
        config = self._config(route.then.config, trail)
        inbox = read_inbox(route.then.config, extend(trail, "then", "config"), self._reading)
        self._warn(route, node, trail, collects=isinstance(inbox, InboxSettings))
        prompt_path = self._prompt(route.with_.prompt_file, node, trail)
        if not is_right or steps is None or config is None or isinstance(inbox, Nothing):
            return None
        place = node.place(trail)
        assert place is not None  # routes stand in files
        return RouteDefinition(
            name=route.name,
            when=route.when,
            actor=route.then.actor,
            place=place,
            description=route.description,
            transforms=steps,
            config=config,
            delivery=route.then.delivery,
            guard=route.then.guard,
            inbox=inbox,
            prompt_file=route.with_.prompt_file,
            prompt_path=prompt_path,
            prompt_places=self._prompt_places(route.with_.prompt_file, node),
            from_variables=self._from_variables(node, mark),
            **self._concealed(node),
        )

    def _warn(self, route: Route, node: Node, trail: Trail, *, collects: bool) -> None:
        then, here = child(node, "then"), extend(trail, "then")
        settings = route.then.delivery
        block = child(then, "delivery")
        warn_of_idle_settings(settings, block, extend(here, "delivery"), self._reading)
        config = route.then.config
        actor = self._parties.actors.get(route.then.actor)
        if collects and config is not None:
            warn_of_idle_beside_inbox(config, settings, then, here, self._reading)
        elif actor is not None and (known := actor.registration.route_options) is not None:
            note_unread_route_options(config, extend(here, "config"), known, self._reading)

    def _check_wrong(self, node: Node, trail: Trail) -> None:
        """Check the other parts of a route that is wrong somewhere."""

        def text(*steps: str) -> str | None:
            return text_at(node, trail, steps, self._reading)

        self._check_references(text("when", "source"), text("then", "actor"), node, trail)
        self._check_filter(node_at(node, "when", "filter"), trail)
        for use, step, here in uses_in(node, trail, self._reading):
            self._transforms.use(use, step, here)
        self._config(node_at(node, "then", "config"), trail)
        self._prompt(text("with", "prompt_file"), node, trail)

    def _check_references(
        self, source: str | None, actor: str | None, node: Node, trail: Trail
    ) -> bool:
        is_right = True
        parties = self._parties
        known = parties.source_names | parties.actor_names
        if source is not None and source not in known:
            is_right = self._unknown("source", source, node, trail, known, "when")
        if actor is not None and actor not in parties.actor_names:
            is_right = self._unknown("actor", actor, node, trail, parties.actor_names, "then")
        return is_right

    def _check_filter(self, written: Node | None, trail: Trail) -> bool:
        is_right = True
        for path, value in written.entries.items() if isinstance(written, Mapping) else ():
            if _is_exact(value):
                continue
            self._reading.report(
                value,
                extend(trail, "when", "filter", path),
                "a filter compares with a single value, or a list of them",
                "Write the whole dot path as the key: `payload.labels.name: bug`.",
            )
            is_right = False
        return is_right

    def _unknown(
        self, key: str, name: str, node: Node, trail: Trail, known: Iterable[str], block: str
    ) -> bool:
        what = f"there is no {key} `{name}`"
        if key == "actor" and name in self._parties.source_names:
            what = f"`{name}` is a source, not an actor"
        self._reading.report(
            child(node, block, key), extend(trail, block, key), what, suggestion(name, known)
        )
        return False

    def _steps(
        self, route: Route, node: Node, trail: Trail
    ) -> tuple[TransformDefinition, ...] | None:
        if not route.transforms:
            return ()
        steps = [
            self._transforms.use(
                use, child(node, "transforms", index), extend(trail, "transforms", index)
            )
            for index, use in enumerate(route.transforms)
        ]
        usable = tuple(step for step in steps if step is not None)
        return usable if len(usable) == len(steps) else None

    def _config(self, written: Node | None, trail: Trail) -> JSONObject | None:
        if written is None:
            return {}
        here = extend(trail, "then", "config")
        if not isinstance(written, Mapping):
            self._reading.report(written, here, "expected a mapping", "Write {key: value}.")
            return None
        config = read_plain(written, here, self._reading)
        return None if isinstance(config, Nothing) else config

    def _from_variables(self, node: Node, mark: int) -> dict[str, str]:
        """Return `RouteDefinition.from_variables`; ``mark`` is from before the route was read."""
        if len(self._reading.uses) == mark:
            return {}  # as nearly always: ten thousand routes are not searched for them
        return conceal_at(node, _AROUND, self._reading, self._builder.fingerprint_key)

    def _concealed(self, node: Node) -> dict[str, JSONObject]:
        """Return how the route may be shown, where it does not follow from the rest."""
        parts = {
            "filter": node_at(node, "when", "filter"),
            "config": node_at(node, "then", "config"),
            "prompt_file": node_at(node, "with", "prompt_file"),
        }
        written = {name: part for name, part in parts.items() if part is not None}
        if not any(map(has_variables, written.values())):
            return {}
        whole = Mapping(written, {}, node.file, node.line, node.column)
        concealed = conceal(whole, None, self._reading, self._builder.fingerprint_key)
        nothing: JSONObject = {"filter": {}, "config": {}, "prompt_file": None}
        return {
            "shown": nothing | concealed.shown,
            "fingerprint": nothing | concealed.fingerprint,
        }

    def _prompt(self, written: str | None, node: Node, trail: Trail) -> Path | None:
        if written is None:
            return None
        key = (node.file, written)
        if key not in self._prompts:
            self._prompts[key] = first_file(self._prompt_places(written, node))
        found = self._prompts[key]
        if found is None:
            at = child(node, "with", "prompt_file")
            self._reading.findings.add(
                at.place(extend(trail, "with", "prompt_file")),
                f"there is no prompt file `{HIDDEN if has_variables(at) else written}`",
                "Deliveries go out without it; write it, or correct the path.",
                "error" if self._strict else "warning",
                validate_only=True,
            )
        return found

    def _prompt_places(self, written: str | None, node: Node) -> tuple[Path, ...]:
        if written is None:
            return ()
        reading = self._reading
        if written.startswith("~/"):
            return (reading.user_home / written[2:],)
        beside = node.file.parent if node.file else reading.project_directory
        return (beside / written, reading.project_directory / written)


def _is_exact(value: Node) -> bool:
    if isinstance(value, Sequence):
        return all(isinstance(one, Scalar) for one in value.items)
    return isinstance(value, Scalar)
