"""The options of ``cron``."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from typing import Any, Literal

from attrs import frozen

from orgloop.connectors.cron.timetable import timetable
from orgloop.connectors.cron.zones import zone_named
from orgloop.errors import InvalidValue
from orgloop.event import JSONObject
from orgloop.options import ignored_option, option


def _cron(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValue("a schedule is text: put it in quotes")
    timetable(value, UTC)
    return value


def _timezone(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidValue("a time zone is text, as in Europe/Berlin")
    zone_named(value)
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue("a schedule's name is text and not empty")
    return value


@frozen(kw_only=True)
class Schedule:
    """One schedule."""

    name: str = option(
        "What it is called; `provenance.platform_event` is `schedule.<name>`.",
        convert=_name,
        schema={"type": "string", "minLength": 1},
    )
    cron: str = option(
        "When it is due: five cron fields, `@daily` and its like, or an interval (`every 5m`).",
        convert=_cron,
        schema={"type": "string", "minLength": 2},
    )
    payload: JSONObject = option("Goes into the event's payload.", factory=dict)
    timezone: str | None = option(
        "Whose clock the cron fields mean, as in `Europe/Berlin`; the machine's by default.",
        default=None,
        convert=_timezone,
        schema={"type": ["string", "null"]},
    )


@frozen(kw_only=True)
class CronConfig:
    """What a cron source may be told."""

    schedules: tuple[Schedule, ...] = option("The schedules; their names differ.")
    catch_up: Literal["none", "last", "all"] = option(
        "What to do about due times that passed while the runtime was down: nothing, report the "
        "last one of each schedule, or report all of them.",
        default="last",
    )
    store: Any = ignored_option("Where a schedule stands is in its checkpoint.")

    def __attrs_post_init__(self) -> None:
        if not self.schedules:
            raise InvalidValue("schedules is empty: name at least one")
        names = Counter(schedule.name for schedule in self.schedules)
        twice = [name for name, uses in names.items() if uses > 1]
        if twice:
            raise InvalidValue(f"two schedules are called {twice[0]!r}: their names must differ")
