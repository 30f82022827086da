"""``webhook``: send log entries to a service over HTTP."""

from orgloop.loggers.webhook.check import check
from orgloop.loggers.webhook.config import WebhookLoggerConfig
from orgloop.loggers.webhook.webhook import WebhookLogger
from orgloop.plugin import Registration, Setup

registration = Registration(
    id="webhook",
    logger=WebhookLogger,
    config=WebhookLoggerConfig,
    setup=Setup(summary="Sends log entries to a service that takes JSON over HTTP."),
    check=check,
)
