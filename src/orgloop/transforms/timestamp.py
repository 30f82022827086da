"""The timestamp transform: one way of writing times, and fields that say when an event was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen
from zope.interface import implementer

from orgloop.dotpath import MISSING, assign, lookup
from orgloop.errors import InvalidValue
from orgloop.event import Event
from orgloop.interfaces import IInProcessTransform
from orgloop.options import checked_each, option
from orgloop.plugin import PluginContext, Registration
from orgloop.reports import TransformContext
from orgloop.sdk.rewriting import rewritten
from orgloop.times import to_epoch_ms, to_iso

_EPOCH = datetime.fromtimestamp(0, UTC)
# A number of seconds since 1970 stays below this until the year 5138; one of milliseconds has been
# above it since March 1973.
_LEAST_MILLISECONDS = 100_000_000_000
_LATEST_MS = 253_402_300_799_999  # the last moment of the year 9999
_UTC_NAMES = ("utc", "z", "iso", "iso8601")

Written = Callable[[int], Any]
"""Write milliseconds since the epoch."""


def _way_of_writing(name: Any) -> Written:
    """Return how times are written; raise `InvalidValue` for a name that is none."""
    if isinstance(name, str) and name.lower() in _UTC_NAMES:
        return to_iso
    if name == "unix":
        return lambda epoch_ms: epoch_ms // 1000
    if name == "unix_ms":
        return lambda epoch_ms: epoch_ms
    zone = _zone(name)
    return lambda epoch_ms: _local(epoch_ms, zone).isoformat(timespec="milliseconds")


def _zone(name: Any) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (OSError, KeyError, ValueError, TypeError):
        raise InvalidValue(
            f"{name!r} is not a way to write times: write utc, unix, unix_ms, "
            "or a time zone such as Europe/Berlin"
        ) from None


def _checked_way(raw: Any) -> str:
    _way_of_writing(raw)
    return str(raw)


# Not those of the machine's locale.
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FIELDS: Mapping[str, Callable[[datetime, Written, int], Any]] = {
    "time": lambda _, write, epoch_ms: write(epoch_ms),
    "date": lambda local, *_: local.date().isoformat(),
    "hour": lambda local, *_: local.hour,
    "weekday": lambda local, *_: _WEEKDAYS[local.weekday()],
    "is_weekend": lambda local, *_: local.isoweekday() > 5,
    "unix": lambda _, __, epoch_ms: epoch_ms // 1000,
}
_KINDS = {
    **{name: (name, False) for name in _FIELDS},
    **{f"accepted_{name}": (name, True) for name in _FIELDS},
    "accepted_at": ("time", True),
    "occurred_at": ("time", False),
}
_ALL = ("occurred_at", "accepted_at", "date", "hour", "weekday")
_PLACE = "payload.timestamps"


def _fields(raw: Any) -> dict[str, str]:
    """Read ``add_fields``: a switch, a list of names, or dot paths and the names they get."""
    if raw is None or raw is False:
        return {}
    if raw is True:
        raw = list(_ALL)
    if isinstance(raw, list):
        return {f"{_PLACE}.{name}": name for name in map(_known, raw)}
    if not isinstance(raw, Mapping):
        raise InvalidValue("write true, a list such as [date, hour], or dot paths with such names")
    for path in raw:
        if str(path).partition(".")[0] not in ("payload", "provenance") or not _is_below(str(path)):
            raise InvalidValue(f"{path!r}: write a dot path below payload or provenance")
    return checked_each(raw, _known)


def _is_below(path: str) -> bool:
    return "." in path and all(path.split("."))


def _known(name: Any) -> str:
    if not isinstance(name, str) or name not in _KINDS:
        raise InvalidValue(f"{name!r} is none of {', '.join(sorted(_KINDS))}")
    return name


def _paths(raw: Any) -> tuple[str, ...]:
    paths = [raw] if isinstance(raw, str) else raw
    if not isinstance(paths, list) or not all(isinstance(one, str) and one for one in paths):
        raise InvalidValue("write a list of dot paths, as in [timestamp, payload.created_at]")
    return tuple(paths)


@frozen(kw_only=True)
class TimestampConfig:
    """How times are written, and which fields are added."""

    normalize_to: str = option(
        "How times are written: `utc` (ISO 8601 with `Z`), a time zone such as `Europe/Berlin` "
        "(ISO 8601 with its offset), `unix` or `unix_ms` (numbers).",
        default="utc",
        convert=_checked_way,
        schema={"type": "string"},
    )
    fields: tuple[str, ...] = option(
        "Dot paths of times that are rewritten. The event's own `timestamp` is always UTC.",
        default=("timestamp",),
        convert=_paths,
        schema={"type": ["array", "string"], "items": {"type": "string"}},
    )
    add_fields: dict[str, str] = option(
        "What is added: `true`, a list of names (added under `payload.timestamps`), or a mapping "
        "from dot path to name.",
        factory=dict,
        convert=_fields,
        schema={
            "anyOf": [
                {"type": "boolean"},
                {"type": "array", "items": {"enum": sorted(_KINDS)}},
                {"type": "object", "additionalProperties": {"enum": sorted(_KINDS)}},
            ]
        },
    )


@implementer(IInProcessTransform)
class Timestamp:
    """Write the times of every event in one way."""

    def __init__(self, config: TimestampConfig, context: PluginContext) -> None:
        self._write = _way_of_writing(config.normalize_to)
        self._zone = _zone_of_fields(config.normalize_to)
        self._paths = config.fields
        self._add = config.add_fields

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    def apply(self, event: Event, context: TransformContext) -> Event:
        """Return the event with its times rewritten; see `IInProcessTransform.apply`.

        What is at one of the paths and is no time stays as it is.
        """
        before = document = event.to_json()
        for path in self._paths:
            epoch_ms = _moment(lookup(document, path))
            if epoch_ms is not None:
                write = to_iso if path == "timestamp" else self._write
                document = assign(document, path, write(epoch_ms))
        if self._add:
            occurred_ms = to_epoch_ms(event.timestamp)
            for path, name in self._add.items():
                what, is_of_acceptance = _KINDS[name]
                epoch_ms = context.accepted_at if is_of_acceptance else occurred_ms
                local = _local(epoch_ms, self._zone)
                value = _FIELDS[what](local, self._write, epoch_ms)
                document = assign(document, path, value)
        return event if document is before else rewritten(event, document)


def _zone_of_fields(name: str) -> tzinfo:
    is_zone = name.lower() not in _UTC_NAMES and name not in ("unix", "unix_ms")
    return _zone(name) if is_zone else UTC


def _moment(value: Any) -> int | None:
    """Return the moment a value names, in milliseconds; `None` if it names none."""
    if value is MISSING or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        epoch_ms = int(value * 1000) if abs(value) < _LEAST_MILLISECONDS else int(value)
        return epoch_ms if 0 <= epoch_ms <= _LATEST_MS else None
    if not isinstance(value, str):
        return None
    try:
        return to_epoch_ms(value)
    except InvalidValue:
        return None


def _local(epoch_ms: int, zone: tzinfo) -> datetime:
    """Return the local time, in UTC where the zone would lead out of the years 1 to 9999."""
    moment = _EPOCH + timedelta(milliseconds=epoch_ms)
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


registration = Registration(id="timestamp", transform=Timestamp, config=TimestampConfig)
