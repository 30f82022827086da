"""Make transforms out of what is written, one for every use by a route."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from attrs import define, evolve, field

from orgloop.config.blocks import Transform, TransformUse
from orgloop.config.components import Builder, Part
from orgloop.config.concealment import conceal, conceal_at
from orgloop.config.definitions import Names
from orgloop.config.files import found_beside
from orgloop.config.gathering import Written
from orgloop.config.model import TransformDefinition
from orgloop.config.nodes import Mapping, Node, Scalar, Trail, child, empty, extend, overlay
from orgloop.config.problems import suggestion
from orgloop.config.reading import Reading
from orgloop.config.salvage import check_plugin, text_at
from orgloop.config.structure import synonyms
from orgloop.event import JSONObject
from orgloop.plugin import Kind, Registration

_SCRIPT = "script"


@define
class Recipe:
    """One definition, from which the transforms of the routes are made."""

    part: Part
    entry: Transform
    plugin: str
    plugin_key: str
    options: Mapping
    _builder: Builder
    _plain: TransformDefinition | None = None
    _is_made: bool = False
    _is_overridden: bool = False

    def plain(self) -> TransformDefinition | None:
        """Return the transform without overrides; `None` after reporting what is wrong."""
        if not self._is_made:
            self._is_made = True
            self._plain = self._make(self.options)
        return self._plain

    def overridden(self, options: Mapping, trail: Trail) -> TransformDefinition | None:
        """Return the transform with a route's options over its own, key by key."""
        self._is_overridden = True
        registration = self._registration()
        if registration is None:
            return None
        over = overlay(
            options,
            self.options,
            trail=self.part.trail("config"),
            hidden=synonyms(registration.config_class(self.part.kind), options.entries),
        )
        return self._make(over, trail)

    def check_unused(self) -> None:
        """Report what is wrong with it, unless a route uses it and has reported that."""
        if not self._is_overridden:  # alone it may lack what every route gives it
            self.plain()

    def described(self) -> JSONObject:
        """Return what the definition says, for comparison; see `Component.fingerprint`."""
        reading, key = self._builder.reading, self._builder.fingerprint_key
        registration = self._registration()
        cls = registration.config_class(self.part.kind) if registration is not None else None
        config = conceal(self.options, cls, reading, key).fingerprint
        inside = conceal_at(self.part.node, ("script", "timeout_ms"), reading, key)
        around = conceal_at(self.part.node, ("description", "on_error", "package"), reading, key)
        return {
            "connector": around.get("package", self.plugin),
            "description": around.get("description", self.entry.description),
            "on_error": around.get("on_error", self.entry.on_error),
            "config": {**config, **inside},
        }

    def _registration(self) -> Registration | None:
        part, key = self.part, self.plugin_key
        at = child(part.node, key)
        return self._builder.registration(part.kind, self.plugin, at, part.trail(key))

    def _make(self, options: Mapping, trail: Trail = None) -> TransformDefinition | None:
        builder, reading = self._builder, self._builder.reading
        part = evolve(self.part, uses_before=len(reading.uses))
        registration = self._registration()
        if registration is None:
            return None
        where = trail or part.trail("config" if self.plugin_key == "package" else "")
        component = builder.configured(part, self.plugin, registration, options, where)
        if component is None:
            return None
        return TransformDefinition(
            id=self.entry.name,
            description=self.entry.description,
            on_error=self.entry.on_error,
            **component,
        )


@define
class Transforms:
    """The transforms of a project, by name."""

    _reading: Reading
    _recipes: dict[str, Recipe] = field(factory=dict)
    _unusable: set[str] = field(factory=set)
    """Names whose definition is wrong: reported there, not again at each use."""

    @classmethod
    def read(cls, written: Iterable[Written], builder: Builder) -> Transforms:
        """Read every definition; what is wrong is reported."""
        transforms = cls(builder.reading)
        names = Names(builder.reading, "name")
        for one in written:
            if names.is_free(one) and (recipe := _recipe_of(one, builder)) is not None:
                transforms._recipes[recipe.entry.name] = recipe
        transforms._unusable = names.given - set(transforms._recipes)
        return transforms

    def use(self, use: TransformUse, node: Node, trail: Trail) -> TransformDefinition | None:
        """Return the transform that a route uses; `None` after reporting what is wrong."""
        recipe = self._recipes.get(use.ref)
        if recipe is None:
            if use.ref not in self._unusable:
                self._report_unknown(use.ref, child(node, "ref"), extend(trail, "ref"))
            return None
        if use.config is None:
            made = recipe.plain()
        elif isinstance(use.config, Mapping):
            made = recipe.overridden(use.config, extend(trail, "config"))
        else:
            self._reading.report(
                use.config, extend(trail, "config"), "expected a mapping", "Write {key: value}."
            )
            return None
        if made is None or use.on_error is None or use.on_error == made.on_error:
            return made
        return evolve(made, on_error=use.on_error)

    def _report_unknown(self, ref: str, node: Node, trail: Trail) -> None:
        self._reading.report(
            node, trail, f"there is no transform `{ref}`", suggestion(ref, self._recipes)
        )

    def described(self) -> dict[str, JSONObject]:
        """Return what each definition says; see `Recipe.described`."""
        return {name: recipe.described() for name, recipe in self._recipes.items()}

    def check_unused(self) -> None:
        """Report what is wrong with definitions that no route uses."""
        for recipe in self._recipes.values():
            recipe.check_unused()


def _recipe_of(written: Written, builder: Builder) -> Recipe | None:
    part = builder.part(Kind.TRANSFORM, written)
    entry: Transform | None = builder.entry(Transform, part)
    if entry is None:
        _check_wrong(part, builder)
        return None
    is_script = entry.type == _SCRIPT or (entry.type is None and entry.script is not None)
    given = entry.script if is_script else entry.package
    key = "script" if is_script else "package"
    if given is None:
        builder.reading.report(
            part.node, part.trail(key), f"`{key}` is missing", f"Add `{key}: …`."
        )
        return None
    if is_script:
        return _script(part, entry, given, builder)
    options = _options(part, entry, builder)
    return None if options is None else Recipe(part, entry, given, key, options, builder)


def _check_wrong(part: Part, builder: Builder) -> None:
    """Check what a definition names that is wrong somewhere else."""
    script = text_at(part.node, part.written.trail, ("script",), builder.reading)
    if script is not None:
        _program(script, child(part.node, "script"), part.trail("script"), builder.reading)
    else:
        check_plugin(part, "package", builder)


def _options(part: Part, entry: Transform, builder: Builder) -> Mapping | None:
    if entry.config is None:
        return empty(part.node.file, part.node.line, part.node.column)
    if isinstance(entry.config, Mapping):
        return entry.config
    builder.reading.report(
        entry.config, part.trail("config"), "expected a mapping", "Write {key: value}."
    )
    return None


def _script(part: Part, entry: Transform, script: str, builder: Builder) -> Recipe | None:
    node, trail = child(part.node, "script"), part.trail("script")
    path = _program(script, node, trail, builder.reading)
    if path is None:
        return None
    if entry.config is not None:
        builder.reading.note_once(
            "script config",
            child(part.node, "config"),
            part.trail("config"),
            "`config` has no effect",
            "A script gets the event and its environment.",
        )
    options = empty(part.node.file, part.node.line, part.node.column)
    _write(options, "script", path, node)
    if entry.timeout_ms is not None:
        _write(options, "timeout_ms", entry.timeout_ms, child(part.node, "timeout_ms"))
    return Recipe(part, entry, _SCRIPT, "script", options, builder)


def _write(options: Mapping, key: str, value: Any, at: Node) -> None:
    options.entries[key] = Scalar(value, at.file, at.line, at.column)
    options.keys[key] = at


def _program(script: str, node: Node, trail: Trail, reading: Reading) -> str | None:
    beside = node.file or reading.project_directory / "orgloop.yaml"
    if script.startswith("~/"):
        script = str(reading.user_home / script[2:])
    found = found_beside(script, beside, reading.project_directory)
    if found is None:
        remedy = f"Put it beside this file or into {reading.project_directory}."
        reading.report(node, trail, f"there is no script `{script}`", remedy)
        return None
    if not os.access(found, os.X_OK):
        reading.report(
            node, trail, f"the script `{script}` cannot be executed", f"Run chmod +x {found}."
        )
        return None
    return os.path.abspath(found).replace("${", "$${")  # no variable, whatever it is called
