"""Read suites against their project; every mistake is reported, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import define, field

from orgloop.config.documents import SuiteFile
from orgloop.config.files import read_document
from orgloop.config.model import ProjectDefinition
from orgloop.config.nodes import Mapping, Node, Scalar, Sequence, Trail, child, extend
from orgloop.config.reading import Nothing, Reading
from orgloop.config.salvage import node_at, text_at
from orgloop.config.structure import structure
from orgloop.config.suites.blocks import TestBlock
from orgloop.config.suites.expecting import ExpectReader
from orgloop.config.suites.giving import GivenReader
from orgloop.config.suites.suite import Case, Expected, GivenEvent, Suite


def read_suites(files: Iterable[Path], project: ProjectDefinition, reading: Reading) -> list[Suite]:
    """Return the suites in ``files``. What is wrong is among the reading's findings.

    Then they are not to be used.
    """
    return [Suite(file=file, cases=_Reader(project, reading).cases(file)) for file in files]


@define
class _Reader:
    """Reads one suite. A mistake in one part of a test hides none in another."""

    _project: ProjectDefinition
    _reading: Reading
    _names: dict[str, Node] = field(factory=dict, init=False)

    def cases(self, file: Path) -> list[Case]:
        top = read_document(file, self._reading.findings, kind="Suite")
        kind = None if top is None else node_at(top, "kind")
        if top is None or (isinstance(kind, Scalar) and kind.value != "Suite"):
            return []  # as was reported: it is something else
        document = structure(SuiteFile, top, None, self._reading)
        tests = () if isinstance(document, Nothing) else document.tests
        if not tests and not isinstance(document, Nothing):
            at, remedy = child(top, "tests"), "Write one: [{name: …, given: …, expect: …}]."
            self._reading.report(at, extend(None, "tests"), "there is no test here", remedy)
        return [self._case(one, extend(None, "tests", at)) for at, one in enumerate(tests)]

    def _case(self, node: Node, trail: Trail) -> Case:
        structure(TestBlock, node, trail, self._reading)
        given, expected = self._given(node, trail), self._expected(node, trail)
        is_listed = isinstance(node_at(node, "expect"), Sequence)
        if is_listed and given and len(given) != len(expected):
            what = f"{len(given)} given and {len(expected)} expected"
            remedy = "Write one for each event, or a single one for the last."
            self._reading.report(child(node, "expect"), extend(trail, "expect"), what, remedy)
        before = 0 if is_listed else len(given) - 1
        return Case(
            name=self._name(node, trail),
            place=node.place(trail),
            given=[one for one in given if one is not None],
            expected=[*[()] * before, *expected],
        )

    def _name(self, node: Node, trail: Trail) -> str:
        """Return a test's name, which no other test of the suite has."""
        name = text_at(node, trail, ("name",), self._reading)
        if name is None:
            return ""
        at = child(node, "name")
        if name in self._names:
            what = f"another test has this name: see line {self._names[name].line}"
            remedy = "Give one of the two another name."
            self._reading.report(at, extend(trail, "name"), what, remedy)
        self._names.setdefault(name, at)
        return name

    def _given(self, node: Node, trail: Trail) -> list[GivenEvent | None]:
        reader = GivenReader(self._project, self._reading)
        found = [reader.read(one, at) for one, at in _each(node, trail, "given")]
        if not found and isinstance(written := node_at(node, "given"), Sequence):
            here, remedy = extend(trail, "given"), "Write one, or a list of them."
            self._reading.report(written, here, "no event is given", remedy)
        return found

    def _expected(self, node: Node, trail: Trail) -> list[list[Expected]]:
        reader = ExpectReader(self._project, self._reading)
        return [reader.read(one, at) for one, at in _each(node, trail, "expect")]


def _each(node: Node, trail: Trail, key: str) -> Iterator[tuple[Node, Trail]]:
    """Yield the items of a list under a key, or what stands there alone."""
    written, here = node_at(node, key), extend(trail, key)
    if isinstance(written, Sequence):
        yield from ((one, (here, at)) for at, one in enumerate(written.items))
    elif written is not None:
        yield written, here
    elif isinstance(node, Mapping) and key in node.entries:  # empty: it is said what belongs there
        yield node.entries[key], here
