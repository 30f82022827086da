"""The enrich transform: fixed values, copies and computed values at dot paths."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from attrs import frozen
from zope.interface import implementer

from orgloop.dotpath import MISSING, assign, lookup
from orgloop.errors import InvalidValue, InvalidValues
from orgloop.event import Event, JSONObject
from orgloop.interfaces import IInProcessTransform
from orgloop.options import checked_each, option
from orgloop.plugin import PluginContext, Registration
from orgloop.reports import TransformContext
from orgloop.sdk.rewriting import rewritten
from orgloop.times import to_iso
from orgloop.transforms.enrich.expressions import compile_expression

_FIELDS = ("provenance", "payload", "type", "timestamp")
_LIKE_ENOUGH_FOR_A_SLIP = 0.75


def _targets(raw: Any) -> dict[str, Any]:
    """Check a mapping from the dot path of a field to something."""
    if raw is None:  # a key with nothing under it
        return {}
    if not isinstance(raw, Mapping):
        raise InvalidValue("write a mapping from dot path to value, as in payload.team: platform")
    errors = [why for path in raw if (why := _objection(str(path))) is not None]
    if errors:
        raise InvalidValues(errors)
    return {str(path): value for path, value in raw.items()}


def _objection(path: str) -> InvalidValue | None:
    """Return what speaks against writing to ``path``.

    Fields of other names are allowed, as in older projects, unless the name looks like a slip.
    """
    name, _, rest = path.partition(".")
    if not all(path.split(".")):
        return InvalidValue(f"{path!r} is no dot path: write one such as payload.team", at=(path,))
    if name in ("type", "timestamp") and rest:
        return InvalidValue(f"{path!r}: {name} is a string and holds nothing", at=(path,))
    slips = get_close_matches(name, _FIELDS, n=1, cutoff=_LIKE_ENOUGH_FOR_A_SLIP)
    if name not in _FIELDS and slips:
        meant = ".".join([slips[0], *rest.split(".")] if rest else slips)
        return InvalidValue(
            f"{path!r} is not a field of an event: did you mean {meant}?", at=(path,)
        )
    return None


def _copies(raw: Any) -> dict[str, str]:
    return checked_each(_targets(raw), _origin)


def _origin(path: Any) -> str:
    if not isinstance(path, str) or not path:
        raise InvalidValue("write the dot path that is copied, as in provenance.author")
    return path


def _expressions(raw: Any) -> dict[str, str]:
    targets = _targets(raw)
    checked_each(targets, compile_expression)
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
