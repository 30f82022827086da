"""Read what a test expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import define

from orgloop.config.model import ProjectDefinition, RouteDefinition
from orgloop.config.nodes import Mapping, Node, Scalar, Sequence, Trail, child, extend
from orgloop.config.problems import suggestion
from orgloop.config.readers import wrong
from orgloop.config.reading import Reading
from orgloop.config.structure import structure
from orgloop.config.suites.blocks import ExpectBlock, ExpectedRouteBlock
from orgloop.config.suites.suite import Expected
from orgloop.config.suites.usable import usable

_GUARD = "guard"
_STATES_WITH_REASON = ("dropped", "dead", "held")


@define
class ExpectReader:
    """Reads expectations against their project: what they name is there."""

    _project: ProjectDefinition
    _reading: Reading

    def read(self, node: Node, trail: Trail) -> list[Expected]:
        """Return what is to become of one event; what is wrong with it is reported."""
        block = usable(ExpectBlock, node, trail, self._reading)
        if block is None:
            return []
        if block.routes is None and block.among is None:
            remedy = "Write `routes: [NAME, …]`, or `routes: []` for none."
            self._reading.report(node, trail, "nothing is expected here", remedy)
        written = ((block.routes, "routes", True), (block.among, "among", False))
        return [
            Expected(
                place=one.place(extend(trail, key)),
                routes=dict(self._routes(one, extend(trail, key))),
                is_all=is_all,
            )
            for one, key, is_all in written
            if one is not None
        ]

    def _routes(self, node: Node, trail: Trail) -> Iterator[tuple[str, ExpectedRouteBlock]]:
        if isinstance(node, Sequence):
            for at, item in enumerate(node.items):
                name = structure(str, item, (trail, at), self._reading)
                if isinstance(name, str) and self._route(name, item, (trail, at)) is not None:
                    yield name, ExpectedRouteBlock()
        elif isinstance(node, Mapping):
            for name, value in node.entries.items():
                route = self._route(name, node.keys[name], (trail, name))
                block = self._along(value, (trail, name))
                if route is not None and block is not None:
                    self._check_names(block, route, value, (trail, name))
                    yield name, block
        else:
            remedy = "Write [NAME, …] or {NAME: waiting}."
            wrong(node, trail, self._reading, "a list or a mapping", remedy)

    def _along(self, node: Node, trail: Trail) -> ExpectedRouteBlock | None:
        if isinstance(node, Scalar) and node.value is None:
            return ExpectedRouteBlock()
        if isinstance(node, Scalar):  # a state alone
            node = Mapping({"state": node}, {"state": node}, node.file, node.line, node.column)
        return usable(ExpectedRouteBlock, node, trail, self._reading)

    def _check_names(
        self, block: ExpectedRouteBlock, route: RouteDefinition, node: Node, trail: Trail
    ) -> None:
        steps = [step.id for step in route.transforms]
        no_step = f"route `{route.name}` has no transform"
        self._check_name("by", block.by, [*steps, _GUARD], no_step, node, trail)
        self._check_name("fails", block.fails, steps, no_step, node, trail)
        actors = self._project.actors
        self._check_name("actor", block.actor, actors, "there is no actor", node, trail)
        says_why = block.by is not None or block.reason is not None
        if says_why and block.state is not None and block.state not in _STATES_WITH_REASON:
            key = "by" if block.by is not None else "reason"
            what = f"what is `{block.state}` was ended by nothing"
            remedy = "Leave out `by` and `reason`, or mend `state`."
            self._reading.report(child(node, key), extend(trail, key), what, remedy)

    def _check_name(
        self,
        key: str,
        name: str | None,
        known: Iterable[str],
        there_is_none: str,
        node: Node,
        trail: Trail,
    ) -> None:
        if name is not None and name not in known:
            what, remedy = f"{there_is_none} `{name}`", suggestion(name, known)
            self._reading.report(child(node, key), extend(trail, key), what, remedy)

    def _route(self, name: str, node: Node, trail: Trail) -> RouteDefinition | None:
        routes = self._project.routes
        if name not in routes:
            what, remedy = f"there is no route `{name}`", suggestion(name, routes)
            self._reading.report(node, trail, what, remedy)
        return routes.get(name)
