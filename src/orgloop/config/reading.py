"""What is carried along while nodes become values: findings, variables, the component at hand."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from attrs import define, evolve, field

from orgloop.config.model import Place
from orgloop.config.nodes import Mapping as MappingNode
from orgloop.config.nodes import Node, Scalar, Sequence, Trail
from orgloop.config.problems import Findings, Severity
from orgloop.config.variables import Variables, VariableUse
from orgloop.plugin import EnvironmentVariable

_HOME = "~/.orgloop"


class Nothing(enum.Enum):
    """Why there is no value."""

    BAD = "bad"
    """It is wrong, and reported."""
    ABSENT = "absent"
    """A variable in it has no value, and that is noted."""


BAD: Final = Nothing.BAD
ABSENT: Final = Nothing.ABSENT


@define(kw_only=True)
class Reading:
    """One reading of a project. Not shared between threads."""

    variables: Variables
    home: Path
    """What ``~/.orgloop`` stands for."""
    user_home: Path
    """What ``~`` stands for."""
    project_directory: Path
    findings: Findings = field(factory=Findings)
    uses: list[VariableUse] = field(factory=list)
    wanted: list[VariableUse] = field(factory=list)
    """Variables that plugins usually read, where the project does not name them."""
    noted: set[object] = field(factory=set)
    """Notes that were given; each is given once."""
    lenient: bool = False
    """Whether an option whose variable is missing has its default, or what holds it is absent.

    A plugin's options are not made with half of what was written: they may check each other.
    """
    hidden: set[str] = field(factory=set, repr=False)
    """Values in the configuration that must not be shown."""
    component: str | None = None
    setup: Mapping[str, EnvironmentVariable] = field(factory=dict)

    @contextmanager
    def inside(self, component: str, setup: tuple[EnvironmentVariable, ...] = ()) -> Iterator[None]:
        """Read on behalf of one component: its missing variables are its own affair."""
        before = self.component, self.setup
        self.component, self.setup = component, {one.name: one for one in setup}
        try:
            yield
        finally:
            self.component, self.setup = before

    @contextmanager
    def leniently(self) -> Iterator[None]:
        """Let options with a missing variable have their defaults."""
        self.lenient = True
        try:
            yield
        finally:
            self.lenient = False

    def report(self, node: Node, trail: Trail, what: str, remedy: str) -> Literal[Nothing.BAD]:
        """Note an error at ``node``."""
        self.findings.add(node.place(trail), what, remedy)
        return BAD

    def note_once(
        self,
        about: object,
        node: Node,
        trail: Trail,
        what: str,
        why: str,
        severity: Severity = "note",
    ) -> None:
        """Note something that is worth knowing, unless it was noted before."""
        if about not in self.noted:
            self.noted.add(about)
            sentence = f"{why[:1].upper()}{why[1:].rstrip('.')}."
            self.findings.add(node.place(trail), what, sentence, severity)

    def text(self, node: Scalar, trail: Trail) -> str | Nothing:
        """Return a string scalar with its variables filled and the home in its place."""
        value = node.value
        assert isinstance(value, str)
        if "${" in value:
            filled = self._filled(node, value, trail)
            if isinstance(filled, Nothing):
                return filled
            value = filled
        return self.at_home(value)

    def at_home(self, text: str) -> str:
        """Return ``text`` with a leading ``~/.orgloop`` replaced by the home in use."""
        if text.startswith(_HOME) and text[len(_HOME) : len(_HOME) + 1] in ("", "/"):
            return str(self.home) + text[len(_HOME) :]
        return text

    def _filled(self, node: Node, text: str, trail: Trail) -> str | Nothing:
        filled = self.variables.fill(text)
        for name, is_set, has_default in filled.used:
            self._note_use(node, trail, name, is_set=is_set, has_default=has_default)
        for wrong in filled.malformed:
            self.report(
                node,
                trail,
                f"`{wrong}` names no variable",
                "Write ${NAME} or ${NAME:-default}; a literal ${ is written $${.",
            )
        if filled.malformed:
            return BAD
        if not filled.is_complete:
            return ABSENT
        if not _is_unicode(filled.text):
            names = ", ".join(name for name, _, _ in filled.used)
            return self.report(
                node, trail, f"what {names} holds is not UTF-8", "Set it to readable text."
            )
        return filled.text

    def _note_use(
        self, node: Node, trail: Trail, name: str, *, is_set: bool, has_default: bool
    ) -> None:
        known = self.setup.get(name)
        self.uses.append(
            VariableUse(
                name=name,
                place=node.place(trail),
                component=self.component,
                is_set=is_set,
                has_default=has_default,
                description=known.description if known else "",
                where=known.where if known else "",
                stops_start=self.component is None,
                is_placeholder=is_set and self.variables.get(name) is None,
            )
        )

    def note_wanted(self, variable: EnvironmentVariable, place: Place | None, mark: int) -> None:
        """Note that a plugin usually reads a variable, unless that was used since ``mark``.

        A component that is configured with other variables gets its credential from one of those.
        """
        own = {use.name for use in self.uses[mark:]}
        if variable.name not in own:
            self.wanted.append(
                VariableUse(
                    name=variable.name,
                    place=place,
                    component=self.component,
                    is_set=self.variables.get(variable.name) is not None,
                    has_default=False,
                    description=variable.description,
                    where=variable.where,
                    is_named=False,
                    is_optional=variable.is_optional or bool(own),
                )
            )

    def placeholders_since(self, mark: int) -> set[str]:
        """Return which variables had placeholders since there were ``mark`` uses of them."""
        return {use.name for use in self.uses[mark:] if use.is_placeholder}

    def missing_since(self, mark: int) -> list[VariableUse]:
        """Return the uses without a value noted since there were ``mark`` of them."""
        return [use for use in self.uses[mark:] if use.is_missing]

    def describe_since(self, mark: int, option: str) -> None:
        """Say of the uses noted since ``mark`` which no plugin describes what the option is."""
        sentence = option.rstrip(".")
        self.uses[mark:] = [
            use if use.description or not self.component else evolve(use, description=sentence)
            for use in self.uses[mark:]
        ]

    def make_structural(self, mark: int) -> None:
        """Say that the uses noted since ``mark`` are ones the start cannot do without."""
        self.uses[mark:] = [evolve(use, stops_start=True) for use in self.uses[mark:]]


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def has_variables(node: Node) -> bool:
    """Whether anything in ``node`` comes from a variable, and so must not be shown."""
    if isinstance(node, Scalar):
        return isinstance(node.value, str) and "${" in node.value
    if isinstance(node, Sequence):
        return any(has_variables(item) for item in node.items)
    return isinstance(node, MappingNode) and any(map(has_variables, node.entries.values()))


def read_plain(node: Node, trail: Trail, reading: Reading) -> Any:
    """Return ``node`` as JSON, its variables filled; `BAD` or `ABSENT` if one of them is."""
    if isinstance(node, Scalar):
        return reading.text(node, trail) if isinstance(node.value, str) else node.value
    if isinstance(node, Sequence):
        items = [read_plain(item, (trail, index), reading) for index, item in enumerate(node.items)]
        return worst(items) or items
    assert isinstance(node, MappingNode)
    entries = {key: read_plain(value, (trail, key), reading) for key, value in node.entries.items()}
    return worst(entries.values()) or entries


def worst(values: Any) -> Nothing | None:
    """Return `BAD` if a value is bad, else `ABSENT` if one is absent, else `None`."""
    found: Nothing | None = None
    for value in values:
        if value is BAD:
            return Nothing.BAD
        if value is ABSENT:
            found = ABSENT
    return found
