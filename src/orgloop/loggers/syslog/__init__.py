"""``syslog``: send log entries to a syslog daemon, on this machine or another."""

from orgloop.loggers.syslog.check import check
from orgloop.loggers.syslog.config import SyslogConfig
from orgloop.loggers.syslog.syslog import SyslogLogger
from orgloop.plugin import Registration, Setup

registration = Registration(
    id="syslog",
    logger=SyslogLogger,
    config=SyslogConfig,
    setup=Setup(summary="Sends log entries to a syslog daemon, on this machine or another."),
    check=check,
)
