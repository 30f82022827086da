"""The metadata transform: fixed fields on every event, and which OrgLoop on which host it was."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from attrs import frozen
from zope.interface import implementer

from orgloop import __version__
from orgloop.dotpath import assign
from orgloop.errors import InvalidValue
from orgloop.event import Event
from orgloop.interfaces import IInProcessTransform
from orgloop.options import checked_each, option
from orgloop.plugin import PluginContext, Registration
from orgloop.reports import TransformContext
from orgloop.sdk.rewriting import rewritten

_PLACE = "provenance.metadata"
_OWN_FIELDS = frozenset({"id", "timestamp", "source", "type", "origin", "trace_id"})
_AUTO = {
    "version": "version",
    "orgloop_version": "version",
    "hostname": "hostname",
    "host": "hostname",
}
"""What ``auto`` means, by the last name of the path it is written at."""


def _additions(raw: Any) -> dict[str, Any]:
    """Check a mapping from name or dot path to value; return it with whole paths."""
    if raw is None:  # a key with nothing under it
        return {}
    if not isinstance(raw, Mapping):
        raise InvalidValue("write a mapping from name to value, as in environment: production")
    checked_each({path: (str(path), value) for path, value in raw.items()}, _check)
    return {_whole(str(path)): _meant(str(path), value) for path, value in raw.items()}


def _check(entry: tuple[str, Any]) -> None:
    path, value = entry
    steps = path.split(".")
    if not all(steps) or path in ("payload", "provenance"):
        raise InvalidValue("write a name, or a dot path such as payload.team")
    if steps[0] in _OWN_FIELDS:
        raise InvalidValue(f"{steps[0]} is the event's own: choose another name")
    if path == "provenance.platform" and not isinstance(value, str):
        raise InvalidValue("the platform of an event is a text")
    if value == "auto" and steps[-1] not in _AUTO:
        raise InvalidValue(f"auto is known for {', '.join(_AUTO)}; write the value itself")


def _whole(path: str) -> str:
    return path if "." in path else f"{_PLACE}.{path}"


def _meant(path: str, value: Any) -> Any:
    return f"auto:{_AUTO[path.rpartition('.')[2]]}" if value == "auto" else value


@frozen(kw_only=True)
class MetadataConfig:
    """What every event is given."""

    add: dict[str, Any] = option(
        "Name or dot path to value. A name without a dot is put under `provenance.metadata`. "
        "`auto` under `version` or `orgloop_version`, `hostname` or `host`, is the version of "
        "OrgLoop and the name of the machine.",
        factory=dict,
        convert=_additions,
        schema={"type": "object"},
    )


@implementer(IInProcessTransform)
class Metadata:
    """Add the same fields to every event."""

    def __init__(self, config: MetadataConfig, context: PluginContext) -> None:
        auto = {"auto:version": __version__, "auto:hostname": socket.gethostname()}
        self._add = {
            path: auto.get(value, value) if isinstance(value, str) else value
            for path, value in config.add.items()
        }

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    def apply(self, event: Event, context: TransformContext) -> Event:
        """Return the event with more in it; see `IInProcessTransform.apply`."""
        if not self._add:
            return event
        document = event.to_json()
        for path, value in self._add.items():
            document = assign(document, path, value)
        return rewritten(event, document)


registration = Registration(id="metadata", transform=Metadata, config=MetadataConfig)
