"""Point at schedules that meant something else to the TypeScript OrgLoop."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.connectors.cron.config import CronConfig
from orgloop.plugin import ComponentContext, Finding

_OLDER = "@orgloop/"


def check_surroundings(config: CronConfig, context: ComponentContext) -> Sequence[Finding]:
    """Name each schedule of an older project that restricts both days; see `Registration`."""
    if not context.written_as.startswith(_OLDER):
        return []
    return [
        Finding(
            name=f"schedule {one.name}",
            status="degraded",
            message=f"{one.cron!r} restricts day of month and day of week: it is due when either "
            "fits, and in the TypeScript OrgLoop both had to",
            fix="if both have to, restrict one of them here, and the other with a filter on "
            f"payload.weekday that a timestamp transform adds; else write connector: cron for "
            f"{context.id}",
        )
        for one in config.schedules
        if _restricts_both_days(one.cron)
    ]


def _restricts_both_days(cron: str) -> bool:
    fields = cron.split()
    return len(fields) == 5 and not any(day.startswith("*") for day in (fields[2], fields[4]))
