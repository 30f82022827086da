"""Recognise an error that escaped from our own code, and stop for it.

An exception in a plugin is caught at its boundary, but may slip past it: out of a timer the plugin
set itself, out of a Deferred it dropped. Such a failure is the plugin's and stops nothing. One of
ours means that something is no longer true that the code relies on: the process stops in an orderly
way and says with its exit code that it wants to be started again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from attrs import define
from twisted.logger import ILogObserver, LogEvent, LogLevel
from twisted.python.failure import Failure
from zope.interface import implementer

import orgloop
from orgloop.config.model import Component, ProjectDefinition
from orgloop.plugin import Kind, Registration

# Who logs a critical event when an exception has escaped: a timed call or `callFromThread`, a
# Deferred that failed unheard, a thread of ours that commits, a part of the flow that has ended.
# Nothing a peer can cause is logged by these.
_ESCAPES = (
    "twisted.internet.base",
    "twisted.internet.defer",
    "orgloop.storage",
    "orgloop.flow",
    "orgloop.runtime",
)

_OURS = Path(orgloop.__file__).parent
_BUILT_IN = ("connectors", "loggers", "sdk", "transforms")


@implementer(ILogObserver)
@define(eq=False)
class EscapedErrors:
    """Call ``stop`` with one sentence for each error that escaped from our own code.

    ``plugins`` are the files and directories that hold the code of plugins.
    """

    stop: Callable[[str], None]
    plugins: frozenset[Path]

    def __call__(self, event: LogEvent) -> None:
        """Look at one event; see `ILogObserver`."""
        failure = event.get("log_failure")
        if (
            isinstance(failure, Failure)
            and event.get("log_level") is LogLevel.critical
            and _comes_from(event.get("log_namespace", ""), _ESCAPES)
            and not self._is_a_plugins(failure)
        ):
            self.stop(f"an error escaped: {failure.type.__name__ if failure.type else 'unknown'}")

    def _is_a_plugins(self, failure: Failure) -> bool:
        """Whether the innermost frame that is ours or a plugin's is a plugin's."""
        for frame in reversed(failure.frames):
            file = Path(frame[1])
            if any(_holds(place, file) for place in self.plugins):
                return True
            if _OURS in file.parents:
                return False
        return False


def places_of_plugins(definition: ProjectDefinition) -> frozenset[Path]:
    """Return where the code of plugins lies: built-ins, installed packages, the project's files."""
    built_in = {_OURS / name for name in _BUILT_IN}
    roots = {
        module.partition(".")[0]
        for component in _components(definition)
        for module in _modules(component.registration)
    }
    installed = {place for root in roots if (place := _place_of(root)) is not None}
    return frozenset(built_in | installed | {definition.directory})


def _components(definition: ProjectDefinition) -> Iterator[Component]:
    yield from definition.sources.values()
    yield from definition.actors.values()
    yield from definition.loggers.values()
    for route in definition.routes.values():
        yield from route.transforms


def _modules(registration: Registration) -> Iterator[str]:
    for kind in Kind:
        if (factory := registration.factory(kind)) is not None:
            yield str(getattr(factory, "__module__", ""))


def _place_of(root: str) -> Path | None:
    if root in ("", orgloop.__name__):
        return None
    try:
        spec = find_spec(root)
    except (ImportError, ValueError):
        return None  # a file of the project, loaded under a name of its own
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin


def _holds(place: Path, file: Path) -> bool:
    """Whether a file is a plugin's: a virtual environment inside a project is not the project's."""
    if file == place:
        return True
    if place not in file.parents or (_OURS in file.parents and _OURS not in place.parents):
        return False
    return "site-packages" not in file.relative_to(place).parts


def _comes_from(namespace: str, places: Iterable[str]) -> bool:
    return any(namespace == place or namespace.startswith(place + ".") for place in places)
