"""``cron``: events at the times a schedule names."""

from orgloop.connectors.cron.check import check_surroundings
from orgloop.connectors.cron.config import CronConfig
from orgloop.connectors.cron.samples import samples
from orgloop.connectors.cron.source import CronSource
from orgloop.plugin import Registration, Setup

registration = Registration(
    id="cron",
    source=CronSource,
    config=CronConfig,
    setup=Setup(summary="Fires on schedules of its own. Needs nothing."),
    local_check=check_surroundings,
    samples=samples,
)
