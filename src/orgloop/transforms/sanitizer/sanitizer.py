"""The sanitizer transform: redact fields, take HTML out of texts, bound the payload."""

from __future__ import annotations

from typing import Any

import orjson
from attrs import evolve, frozen
from zope.interface import implementer

from orgloop.errors import InvalidValue
from orgloop.event import Event, JSONObject
from orgloop.interfaces import IInProcessTransform
from orgloop.options import option
from orgloop.plugin import PluginContext, Registration
from orgloop.reports import TransformContext
from orgloop.sizes import Size
from orgloop.transforms.sanitizer.markup import strip_strings
from orgloop.transforms.sanitizer.redaction import Redaction
from orgloop.transforms.sanitizer.shortening import shortened

_OWN_FIELDS = frozenset({"id", "timestamp", "source", "type", "origin", "trace_id"})
_FROM_THE_TOP = frozenset({"provenance", "payload", "*", "**"})
_LEAST_SIZE = 100  # what is left of a payload that cannot be shortened fits in


def _paths(raw: Any) -> tuple[str, ...]:
    written = [raw] if isinstance(raw, str) else raw
    if not isinstance(written, list):
        raise InvalidValue("write a list of dot paths, as in [payload.user.email, '**.token']")
    for path in written:
        if not isinstance(path, str) or not all(path.split(".")):
            raise InvalidValue(f"{path!r} is no dot path: write one such as payload.user.email")
        if path.partition(".")[0] in _OWN_FIELDS:
            raise InvalidValue(f"{path!r}: that is the event's own and cannot be changed")
    return tuple(written)


def _size(raw: Any) -> Size | None:
    if raw is None:
        return None
    is_number = isinstance(raw, int) and not isinstance(raw, bool)
    if not is_number and not isinstance(raw, str):
        raise InvalidValue("write a size such as 100KB, or a number of bytes")
    size = Size(raw) if isinstance(raw, int) else Size.parse(raw)
    if size.bytes < _LEAST_SIZE:
        raise InvalidValue(f"{raw!r} is too little: at least {_LEAST_SIZE} bytes")
    return size


@frozen(kw_only=True)
class SanitizerConfig:
    """What is taken out, in this order."""

    redact: tuple[str, ...] = option(
        "Dot paths whose values become `[REDACTED]`. `*` stands for any one name or position, `**` "
        "for any number of them. A path that begins with neither of them, nor with `payload` or "
        "`provenance`, is looked for in the payload too.",
        default=(),
        convert=_paths,
        schema={"type": ["array", "string"], "items": {"type": "string"}},
    )
    strip_html: bool = option(
        "Take tags, comments, scripts and styles out of every string of the payload.",
        default=False,
    )
    max_payload_size: Size | None = option(
        "How large the payload may be as JSON: a size such as `100KB`, or a number of bytes.",
        default=None,
        convert=_size,
        schema={"type": ["string", "integer", "null"]},
    )


@implementer(IInProcessTransform)
class Sanitizer:
    """Take out of every event what is configured."""

    def __init__(self, config: SanitizerConfig, context: PluginContext) -> None:
        in_payload = [
            f"payload.{path}"
            for path in config.redact
            if path.partition(".")[0] not in _FROM_THE_TOP
        ]
        self._redact = Redaction((*config.redact, *in_payload)) if config.redact else None
        self._strips = config.strip_html
        self._most = config.max_payload_size

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    def apply(self, event: Event, context: TransformContext) -> Event:
        """Return the event without what is taken out; see `IInProcessTransform.apply`."""
        if self._redact is not None:
            event = _redacted(event, self._redact)
        payload = event.payload
        if payload is None:
            return event
        # Most payloads hold no angle bracket, and are written faster than they are walked through.
        if self._strips and b"<" in orjson.dumps(payload):
            payload = strip_strings(payload)
        if self._most is not None:
            payload = shortened(payload, self._most.bytes)
        return event if payload is event.payload else evolve(event, payload=payload)


def _redacted(event: Event, redact: Redaction) -> Event:
    document: JSONObject = {"provenance": event.provenance}
    if event.payload is not None:
        document["payload"] = event.payload
    if event.extra is not None:
        document |= event.extra
    changed = redact(document)
    if changed is document:
        return event
    extra = {name: changed[name] for name in event.extra} if event.extra is not None else None
    return evolve(
        event, provenance=changed["provenance"], payload=changed.get("payload"), extra=extra
    )


registration = Registration(id="sanitizer", transform=Sanitizer, config=SanitizerConfig)
