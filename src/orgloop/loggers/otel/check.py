"""Find out whether the receiver of telemetry is there and lets us in. It is sent nothing."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.errors import OrgLoopError
from orgloop.loggers.otel.config import SIGNALS, OTelConfig
from orgloop.loggers.outbox.posting import with_content_type
from orgloop.plugin import Finding, PluginContext
from orgloop.reports import HTTPResponse
from orgloop.sdk.checking import CHECK_SECONDS
from orgloop.sdk.urls import parse_url


async def check(config: OTelConfig, context: PluginContext) -> Sequence[Finding]:
    """Make an export request that is empty, which the protocol allows; see `Registration.check`."""
    signal = next((one for one in SIGNALS if getattr(config.export, one)), None)
    if signal is None:
        return [Finding(message="nothing is exported, so nothing is needed")]
    origin = parse_url(config.endpoint).origin
    try:
        answer = await context.http.request(
            "POST",
            config.url(signal),
            headers=with_content_type(config.headers, "application/x-protobuf"),
            timeout_seconds=CHECK_SECONDS,
        )
    except OrgLoopError as error:
        return [_unreached(origin, str(error), context)]
    return _findings(answer, origin, config, context)


def _findings(
    answer: HTTPResponse, origin: str, config: OTelConfig, context: PluginContext
) -> Sequence[Finding]:
    if 200 <= answer.status < 300:
        found = [Finding(name=origin, message="the receiver takes telemetry")]
        if config.headers:
            found.append(Finding(about="credential", message="the receiver lets us in"))
        return found
    if answer.status in (401, 403):
        return [
            Finding(
                about="credential",
                status="degraded",
                message=f"{origin} answered {answer.status}: it does not let us in",
                fix=f"correct the headers of logger {context.id}",
            )
        ]
    return [_unreached(origin, f"it answered {answer.status}", context)]


def _unreached(origin: str, message: str, context: PluginContext) -> Finding:
    return Finding(
        name=origin,
        status="degraded",
        message=message,
        fix=f"start the receiver, or correct the endpoint of logger {context.id}; until then "
        "telemetry waits, and what does not fit into its buffer is lost",
    )
