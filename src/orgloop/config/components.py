"""Read one component: what stands around its options, its plugin, the options themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from orgloop.config.concealment import conceal, conceal_at
from orgloop.config.gathering import Written
from orgloop.config.nodes import Node, Scalar, Trail, child, empty, extend
from orgloop.config.reading import ABSENT, BAD, Nothing, Reading, read_plain
from orgloop.config.structure import structure
from orgloop.errors import PluginError
from orgloop.plugin import Kind, Registration
from orgloop.plugins.catalogue import Catalogue
from orgloop.plugins.names import is_project_file

# What may stand around the options of a component.
_AROUND = (
    "connector",
    "package",
    "script",
    "type",
    "description",
    "labels",
    "poll",
    "emits",
    "delivery",
    "on_error",
    "timeout_ms",
)


@frozen
class Part:
    """One component as it is written."""

    kind: Kind
    written: Written
    uses_before: int
    """How many uses of variables were noted before it: what is missing since is its own."""

    @property
    def node(self) -> Node:
        return self.written.node

    @property
    def label(self) -> str:
        """``source:github`` and the like, as far as the name can be seen."""
        named = [child(self.node, key) for key in ("id", "name")]
        found = (one.value for one in named if isinstance(one, Scalar) and one is not self.node)
        return f"{self.kind}:{next(found, '?')}"

    def trail(self, *steps: str) -> Trail:
        """Return the way to something inside it."""
        return extend(self.written.trail, *steps)


@define
class Builder:
    """What it takes to read components: the reading, the plugins, what was resolved so far."""

    reading: Reading
    catalogue: Catalogue
    fingerprint_key: bytes = field(repr=False)
    _resolved: dict[tuple[Kind, str, Path], Registration | PluginError] = field(factory=dict)

    def part(self, kind: Kind, written: Written) -> Part:
        """Begin to read a component."""
        return Part(kind, written, len(self.reading.uses))

    def entry(self, cls: Any, part: Part) -> Any:
        """Read what stands around a component's options; `None` if that cannot be used.

        A missing variable in something without a default (a name, a plugin) stops the start.
        """
        with self.reading.inside(part.label), self.reading.leniently():
            entry = structure(cls, part.node, part.written.trail, self.reading)
            if entry is ABSENT:
                self.reading.make_structural(part.uses_before)
        return None if isinstance(entry, Nothing) else entry

    def component(
        self, part: Part, plugin_key: str, plugin: str, options: Node | None
    ) -> dict[str, Any] | None:
        """Find the plugin and read its options; return the fields of `Component` that follow.

        Returns `None` after reporting what is wrong.
        """
        node = child(part.node, plugin_key)
        registration = self.registration(part.kind, plugin, node, part.trail(plugin_key))
        block = options or empty(part.node.file, part.node.line, part.node.column)
        trail = part.trail("config")
        if registration is None:
            with self.reading.inside(part.label):
                read_plain(block, trail, self.reading)  # its variables are needed all the same
            return None
        return self.configured(part, plugin, registration, block, trail)

    def configured(
        self, part: Part, plugin: str, registration: Registration, block: Node, trail: Trail
    ) -> dict[str, Any] | None:
        """Read a plugin's options; return the fields of `Component` that follow from them."""
        reading, cls = self.reading, registration.config_class(part.kind)
        problems = len(reading.findings.problems)
        with reading.inside(part.label, registration.setup.variables):
            config = self._options(cls, block, trail)
            for variable in registration.setup.variables:
                place = part.node.place(part.written.trail)
                reading.note_wanted(variable, place, part.uses_before)
        missing = {use.name for use in reading.missing_since(part.uses_before)}
        if config is BAD:
            missing = reading.placeholders_since(part.uses_before)
            if not missing:
                return None
            # A placeholder does not fit, or hides what else is wrong: `validate` is for that.
            del reading.findings.problems[problems:]
        concealed = conceal(block, cls, reading, self.fingerprint_key)
        return {
            "plugin": plugin,
            "registration": registration,
            "config": None if missing else config,
            "place": part.node.place(part.written.trail),
            "unavailable": _not_set(sorted(missing)),
            "shown": concealed.shown,
            "fingerprint": concealed.fingerprint,
            "from_variables": conceal_at(part.node, _AROUND, reading, self.fingerprint_key),
        }

    def _options(self, cls: type[Any], block: Node, trail: Trail) -> Any:
        try:
            return structure(cls, block, trail, self.reading)
        except PluginError as error:
            return self.reading.report(block, trail, str(error), "Tell the plugin's authors.")

    def registration(self, kind: Kind, name: str, node: Node, trail: Trail) -> Registration | None:
        key = (kind, name, self._directory_for(name, node))
        if key not in self._resolved:
            try:
                self._resolved[key] = self.catalogue.resolve(*key)
            except PluginError as error:
                self._resolved[key] = error
        found = self._resolved[key]
        if isinstance(found, Registration):
            return found
        what, _, remedy = str(found).partition(". ")
        self.reading.report(node, trail, what.rstrip("."), remedy)
        return None

    def _directory_for(self, name: str, node: Node) -> Path:
        project = self.reading.project_directory
        if node.file is None or not is_project_file(name):
            return project
        return node.file.parent if (node.file.parent / name).is_file() else project


def _not_set(names: list[str]) -> str | None:
    if not names:
        return None
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not set"
