"""``file``: append log entries to a file."""

from orgloop.loggers.file.check import check
from orgloop.loggers.file.config import FileConfig
from orgloop.loggers.file.file import FileLogger
from orgloop.plugin import Registration, Setup

registration = Registration(
    id="file",
    logger=FileLogger,
    config=FileConfig,
    setup=Setup(summary="Appends log entries to a file. Needs a directory it may write to."),
    local_check=check,
)
