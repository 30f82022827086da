"""The enrich transform: fixed values, copies and computed values at dot paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen
from zope.interface import implementer

from orgloop.dotpath import MISSING, assign, lookup
from orgloop.errors import InvalidValue
from orgloop.event import Event, JSONObject
from orgloop.interfaces import IInProcessTransform
from orgloop.options import option
from orgloop.plugin import PluginContext, Registration
from orgloop.reports import TransformContext
from orgloop.sdk.rewriting import rewritten
from orgloop.times import to_iso
from orgloop.transforms.enrich.expressions import compile_expression

_FIELDS = ("provenance", "payload", "type", "timestamp")
# They may stand in older projects; the runtime puts them back whatever a transform does.
_KEPT_FIELDS = ("id", "source", "origin", "trace_id")


def _targets(raw: Any) -> dict[str, Any]:
    """Check a mapping from the dot path of a field to something."""
    if raw is None:  # a key with nothing under it
        return {}
    if not isinstance(raw, Mapping):
        raise InvalidValue("write a mapping from dot path to value, as in payload.team: platform")
    for path in raw:
        field, _, rest = str(path).partition(".")
        if field not in _FIELDS + _KEPT_FIELDS or str(path).endswith("."):
            raise InvalidValue(
                f"{path!r} is not a field of an event: write payload.{path or 'name'}, "
                f"or another path that begins with {', '.join(_FIELDS)}"
            )
        if field in ("type", "timestamp") and rest:
            raise InvalidValue(f"{path!r}: {field} is a string and holds nothing")
    return {str(path): value for path, value in raw.items()}


def _copies(raw: Any) -> dict[str, str]:
    targets = _targets(raw)
    for path, origin in targets.items():
        if not isinstance(origin, str) or not origin:
            raise InvalidValue(
                f"{path}: write the dot path that is copied, as in provenance.author"
            )
    return targets


def _expressions(raw: Any) -> dict[str, str]:
    targets = _targets(raw)
    for path, text in targets.items():
        try:
            compile_expression(text)
        except InvalidValue as error:
            raise InvalidValue(f"{path}: {error}") from error
    return targets


_STRINGS: Mapping[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}


@frozen(kw_only=True)
class EnrichConfig:
    """What is added to an event, in this order; later ones see what earlier ones added."""

    set: dict[str, Any] = option(
        "Dot path to fixed value.",
        factory=dict,
        aliases=("add",),
        convert=_targets,
        schema={"type": "object"},
    )
    copy: dict[str, str] = option(
        "New dot path to the old one; nothing happens when the old one is missing.",
        factory=dict,
        convert=_copies,
        schema=_STRINGS,
    )
    compute: dict[str, str] = option(
        "Dot path to a comparison (`payload.additions > 500`), which becomes true or false, "
        "or to a text with `{{…}}` in it, over the event and `now`.",
        factory=dict,
        convert=_expressions,
        schema=_STRINGS,
    )


@implementer(IInProcessTransform)
class Enrich:
    """Add fields to every event."""

    def __init__(self, config: EnrichConfig, context: PluginContext) -> None:
        self._set = config.set
        self._copy = config.copy
        self._compute = {path: compile_expression(text) for path, text in config.compute.items()}
        self._now_ms = context.now_ms

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    def apply(self, event: Event, context: TransformContext) -> Event:
        """Return the event with more in it; see `IInProcessTransform.apply`."""
        document = event.to_json()
        for path, value in self._set.items():
            document = assign(document, path, value)
        for path, origin in self._copy.items():
            value = lookup(document, origin)
            if value is not MISSING:
                document = assign(document, path, value)
        for path, expression in self._compute.items():
            document = assign(document, path, expression(self._scope(document)))
        return rewritten(event, document)

    def _scope(self, document: JSONObject) -> JSONObject:
        return {"now": to_iso(self._now_ms()), **document, "event": document}


registration = Registration(id="enrich", transform=Enrich, config=EnrichConfig)
