"""The dedup transform: of events that are alike within a window, only the first passes."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import orjson
from attrs import frozen
from zope.interface import implementer

from orgloop.dotpath import value_at
from orgloop.durations import Duration
from orgloop.errors import Dropped, InvalidValue
from orgloop.event import Event
from orgloop.interfaces import IInProcessTransform, IRemembers
from orgloop.options import ignored_option, option
from orgloop.plugin import PluginContext, Registration
from orgloop.reports import TransformContext


def _dot_paths(raw: Any) -> tuple[str, ...]:
    paths = [raw] if isinstance(raw, str) else raw
    if not isinstance(paths, list) or not paths or not all(_is_path(path) for path in paths):
        raise InvalidValue("write a list of dot paths, as in [source, payload.pr_number]")
    return tuple(paths)


def _is_path(path: object) -> bool:
    return isinstance(path, str) and path != ""


@frozen(kw_only=True)
class DedupConfig:
    """What makes two events alike, and for how long."""

    key: tuple[str, ...] = option(
        "Dot paths: two events are alike when they agree in all of them. "
        "A missing field counts as a value.",
        default=("source", "type", "id"),
        aliases=("fields",),
        convert=_dot_paths,
        schema={
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
            ]
        },
    )
    window: Duration = option(
        "How long after the first event others like it are dropped, by time of acceptance.",
        default=Duration(300_000),
    )
    window_ms: int | None = option(
        "The window as a number of milliseconds; it goes before `window`.",
        default=None,
        instead_of="window",
    )
    store: str | None = ignored_option(
        "What dedup remembers is always kept in the project's queue database."
    )


@implementer(IInProcessTransform, IRemembers)
class Dedup:
    """Drop events like one that passed less than a window ago."""

    def __init__(self, config: DedupConfig, context: PluginContext) -> None:
        self._paths = config.key
        self._window_ms = (
            config.window.milliseconds if config.window_ms is None else config.window_ms
        )

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    def memory_keys(self, event: Event, context: TransformContext) -> Sequence[str]:
        """Return the one key that events like this share; see `IRemembers`."""
        return (self._key(event),)

    def apply(self, event: Event, context: TransformContext) -> Event:
        """Pass the first of its kind; see `IInProcessTransform.apply`."""
        key = self._key(event)
        remembered = context.memory.get(key)
        if remembered is not None:
            first_at, _, first_id = remembered.partition(" ")
            if first_id == event.id:
                return event  # put through again (a replay, a crash): no duplicate of itself
            since = context.accepted_at - int(first_at)
            # Both ways: the clock may have been set back, and old events may be replayed.
            if abs(since) < self._window_ms:
                raise Dropped(f"like {first_id}, which was accepted {abs(since) / 1000:g} s before")
            if since < 0:
                return event  # a replay from before; what is remembered is newer
        context.memory.set(
            key,
            f"{context.accepted_at} {event.id}",
            expires_at=context.accepted_at + self._window_ms,
        )
        return event

    def _key(self, event: Event) -> str:
        document = event.to_json()
        values = [value_at(document, path) for path in self._paths]
        written = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
        return blake2b(written, digest_size=16).hexdigest()


registration = Registration(id="dedup", transform=Dedup, config=DedupConfig)
