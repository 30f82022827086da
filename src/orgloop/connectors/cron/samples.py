"""What a ``cron`` source reports, for who tries a project's wiring."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.connectors.cron.config import CronConfig, Schedule
from orgloop.connectors.cron.source import CronSource
from orgloop.event import EventDraft
from orgloop.plugin import PluginContext

_DAILY = CronConfig(schedules=(Schedule(name="daily", cron="0 9 * * *"),))


async def samples(config: CronConfig | None, context: PluginContext) -> Sequence[EventDraft]:
    """Return the next due time of each schedule; see `orgloop.plugin.Registration`."""
    return CronSource(config or _DAILY, context).upcoming()
