"""``otel``: send traces, metrics and logs with OTLP over HTTP."""

from orgloop.interfaces import ILogger
from orgloop.loggers.otel.check import check
from orgloop.loggers.otel.config import OTelConfig
from orgloop.plugin import PluginContext, Registration, Setup


def _logger(config: OTelConfig, context: PluginContext) -> ILogger:
    # Imported late: only a project with such a logger pays for the messages of the protocol.
    from orgloop.loggers.otel.otel import OTelLogger

    return OTelLogger(config, context)


registration = Registration(
    id="otel",
    logger=_logger,
    config=OTelConfig,
    setup=Setup(summary="Sends traces, metrics and logs to a receiver of OTLP over HTTP."),
    check=check,
)
