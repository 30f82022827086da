"""Find out whether a syslog daemon can be reached. It is sent no message."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.loggers.syslog.config import SyslogConfig
from orgloop.loggers.syslog.line import Line
from orgloop.loggers.syslog.reason import reason_of
from orgloop.plugin import Finding, PluginContext
from orgloop.sdk.checking import CHECK_SECONDS
from orgloop.sdk.threads import outcome_of


async def check(config: SyslogConfig, context: PluginContext) -> Sequence[Finding]:
    """See `Registration.check`."""
    line = Line(config, context.directory, CHECK_SECONDS)
    try:
        await outcome_of(context.run_in_thread(line.send, ()), line.end)
    except OSError as error:
        fix = (
            f"start the daemon, or correct host, port, protocol and path of logger {context.id}; "
            "until then entries wait, and those that do not fit into its buffer are lost"
        )
        message = reason_of(error, config)
        return [Finding(status="degraded", message=message, fix=fix)]
    finally:
        line.end()
    if config.protocol == "udp":
        message = f"{config.where}: over udp nobody can say whether anything arrives"
        return [Finding(message=message)]
    return [Finding(message=f"{config.where} can be reached")]
