"""Every built-in logger passes the suite of its interface."""

from __future__ import annotations

import os

from orgloop.interfaces import ILogger
from orgloop.loggers.console.console import ConsoleConfig, ConsoleLogger
from orgloop.loggers.console.terminal import Terminal
from orgloop.loggers.file import FileConfig, FileLogger
from orgloop.plugin import PluginContext
from orgloop.testing.logger import LoggerSuite


class TestFileLogger(LoggerSuite):
    def make(self, context: PluginContext) -> ILogger:
        return FileLogger(FileConfig(), context)

    def written(self, context: PluginContext) -> str:
        return (context.home / "logs" / "orgloop.log").read_text()


class TestConsoleLogger(LoggerSuite):
    def make(self, context: PluginContext) -> ILogger:
        def open_file() -> Terminal:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            return Terminal(os.open(context.home / "screen", flags), is_interactive=False)

        context.shared.one(Terminal, open_file)
        return ConsoleLogger(ConsoleConfig(level="debug", show_payload=True), context)

    def written(self, context: PluginContext) -> str:
        return (context.home / "screen").read_text()
