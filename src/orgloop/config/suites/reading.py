"""Read suites against their project; every mistake is reported, with its place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from attrs import define, field

from orgloop.config.documents import SuiteFile
from orgloop.config.files import found_beside, read_document
from orgloop.config.model import ProjectDefinition, RouteDefinition
from orgloop.config.nodes import Mapping, Node, Scalar, Trail, child, extend
from orgloop.config.nodes import Sequence as SequenceNode
from orgloop.config.problems import suggestion
from orgloop.config.readers import wrong
from orgloop.config.reading import Nothing, Reading
from orgloop.config.structure import structure
from orgloop.config.suites.blocks import ExpectBlock, ExpectedRouteBlock, GivenBlock, TestBlock
from orgloop.config.suites.suite import Case, Expected, GivenEvent, Suite
from orgloop.event import JSONObject, content_problems

T = TypeVar("T")

_FIELDS = ("source", "type", "id", "timestamp", "provenance", "payload")
_GUARD = "guard"
_STATES_WITH_REASON = ("dropped", "dead", "held")


def read_suites(files: Iterable[Path], project: ProjectDefinition, reading: Reading) -> list[Suite]:
    """Return the suites in ``files``. What is wrong is among the reading's findings.

    Then they are not to be used.
    """
    return [Suite(file=file, cases=_Reader(project, reading).cases(file)) for file in files]


@define
class _Reader:
    """Reads one suite."""

    _project: ProjectDefinition
    _reading: Reading
    _names: dict[str, Node] = field(factory=dict, init=False)

    def cases(self, file: Path) -> list[Case]:
        top = read_document(file, self._reading.findings, kind="Suite")
        if top is None:
            return []
        document = structure(SuiteFile, top, None, self._reading)
        tests = [] if isinstance(document, Nothing) else document.tests
        found = (self._case(one, extend(None, "tests", at)) for at, one in enumerate(tests))
        return [case for case in found if case is not None]

    def _case(self, node: Node, trail: Trail) -> Case | None:
        block = structure(TestBlock, node, trail, self._reading)
        if isinstance(block, Nothing):
            return None
        self._check_name(block.name, child(node, "name"), extend(trail, "name"))
        given = [self._given(one, at) for one, at in _each(block.given, extend(trail, "given"))]
        if not given:
            at, here = block.given, extend(trail, "given")
            self._reading.report(at, here, "no event is given", "Write one, or a list of them.")
        expected = list(_each(block.expect, extend(trail, "expect")))
        is_listed = isinstance(block.expect, SequenceNode)
        if is_listed and len(expected) != len(given):
            what = f"there are {len(given)} events and {len(expected)} expectations"
            remedy = "Write one for each event, or a single one for the last."
            self._reading.report(block.expect, extend(trail, "expect"), what, remedy)
        read = [self._expected(one, at) for one, at in expected]
        before = 0 if is_listed else len(given) - 1
        return Case(
            name=block.name,
            place=node.place(trail),
            given=[one for one in given if one is not None],
            expected=[*[()] * before, *read],
        )

    def _check_name(self, name: str, node: Node, trail: Trail) -> None:
        if name in self._names:
            what = f"another test has this name: see line {self._names[name].line}"
            self._reading.report(node, trail, what, "Give one of the two another name.")
        self._names.setdefault(name, node)

    def _given(self, node: Node, trail: Trail) -> GivenEvent | None:
        block = structure(GivenBlock, node, trail, self._reading)
        if isinstance(block, Nothing):
            return None
        said = {name: getattr(block, name) for name in _FIELDS if getattr(block, name)}
        below = self._content(block, node, trail)
        document = laid_over(said, below)
        if block.generate is None:
            self._check_event(document, node, trail)
        elif block.source is not None and block.source not in self._project.sources:
            self._unknown("source", block.source, node, trail, self._project.sources)
        return GivenEvent(
            place=node.place(trail),
            document=document,
            generate=block.generate,
            after=block.after,
        )

    def _content(self, block: GivenBlock, node: Node, trail: Trail) -> JSONObject:
        """Return the event in the file that a test names."""
        if block.file is None:
            return {}
        at, here = child(node, "file"), extend(trail, "file")
        if block.generate is not None:
            what = "an event is taken from a file or generated, not both"
            self._reading.report(at, here, what, "Keep `file` or `generate`.")
        assert node.file is not None  # suites stand in files
        found = found_beside(block.file, node.file, self._reading.project_directory)
        if found is None:
            what = f"there is no file `{block.file}`"
            remedy = f"Paths begin at {node.file.parent}, else at the project's directory."
            self._reading.report(at, here, what, remedy)
            return {}
        try:
            content = json.loads(found.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            what = f"{found} cannot be read as JSON: {error}"
            self._reading.report(at, here, what, "Mend the file.")
            return {}
        if not isinstance(content, dict):
            self._reading.report(at, here, f"{found} holds no JSON object", "Write one event.")
            return {}
        return content

    def _check_event(self, document: JSONObject, node: Node, trail: Trail) -> None:
        known = {**self._project.sources, **self._project.actors}
        source = document.get("source")
        if not isinstance(source, str) or source not in known:
            self._unknown("source", str(source or ""), node, trail, known)
        provenance = document.get("provenance") or {}
        if isinstance(provenance, dict):
            provenance = {"platform": "", **provenance}  # filled in where it is missing
        for problem in content_problems({**document, "provenance": provenance}):
            name, _, remedy = problem.partition(": ")
            at, here = child(node, name), extend(trail, name)
            self._reading.report(at, here, f"`{name}` is missing or wrong", f"It is: {remedy}.")

    def _expected(self, node: Node, trail: Trail) -> Sequence[Expected]:
        block = structure(ExpectBlock, node, trail, self._reading)
        if isinstance(block, Nothing):
            return ()
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
        if isinstance(node, SequenceNode):
            for at, item in enumerate(node.items):
                name = structure(str, item, (trail, at), self._reading)
                if self._route(name, item, (trail, at)) is not None:
                    yield name, ExpectedRouteBlock()
        elif isinstance(node, Mapping):
            for name, value in node.entries.items():
                route = self._route(name, node.keys[name], (trail, name))
                block = self._at_route(value, (trail, name))
                if route is not None and block is not None:
                    self._check_by(block, route, value, (trail, name))
                    yield name, block
        else:
            remedy = "Write [NAME, …] or {NAME: waiting}."
            wrong(node, trail, self._reading, "a list or a mapping", remedy)

    def _at_route(self, node: Node, trail: Trail) -> ExpectedRouteBlock | None:
        if isinstance(node, Scalar) and node.value is None:
            return ExpectedRouteBlock()
        if isinstance(node, Scalar):  # a state alone
            written = Mapping({"state": node}, {"state": node}, node.file, node.line, node.column)
            node = written
        block = structure(ExpectedRouteBlock, node, trail, self._reading)
        return None if isinstance(block, Nothing) else block

    def _check_by(
        self, block: ExpectedRouteBlock, route: RouteDefinition, node: Node, trail: Trail
    ) -> None:
        steps = [step.id for step in route.transforms]
        for key, named, known in (
            ("by", block.by, [*steps, _GUARD]),
            ("fails", block.fails, steps),
        ):
            if named is not None and named not in known:
                what = f"route `{route.name}` has no transform `{named}`"
                remedy = suggestion(named, known)
                self._reading.report(child(node, key), extend(trail, key), what, remedy)
        at, here = child(node, "by"), extend(trail, "by")
        says_why = block.by is not None or block.reason is not None
        if says_why and block.state is not None and block.state not in _STATES_WITH_REASON:
            what = f"what is `{block.state}` was ended by nothing"
            self._reading.report(at, here, what, "Leave out `by` and `reason`, or mend `state`.")

    def _route(self, name: Any, node: Node, trail: Trail) -> RouteDefinition | None:
        if not isinstance(name, str):
            return None
        if name not in self._project.routes:
            self._unknown("route", name, node, trail, self._project.routes)
        return self._project.routes.get(name)

    def _unknown(
        self, kind: str, name: str, node: Node, trail: Trail, known: Iterable[str]
    ) -> None:
        what = f"there is no {kind} `{name}`" if name else f"`{kind}` is missing"
        at = child(node, kind) if isinstance(node, Mapping) else node
        here = extend(trail, kind) if isinstance(node, Mapping) else trail
        self._reading.report(at, here, what, suggestion(name, known))


def _each(node: Node, trail: Trail) -> Iterator[tuple[Node, Trail]]:
    """Yield the items of a list, or what stands there alone."""
    if isinstance(node, SequenceNode):
        yield from ((one, (trail, at)) for at, one in enumerate(node.items))
    else:
        yield node, trail


def laid_over(over: JSONObject, under: JSONObject) -> JSONObject:
    """Return ``under`` with what ``over`` says in its place, objects inside objects as well."""
    both = {**under, **over}
    for key, below in under.items():
        above = over.get(key)
        if isinstance(above, dict) and isinstance(below, dict):
            both[key] = laid_over(above, below)
    return both
