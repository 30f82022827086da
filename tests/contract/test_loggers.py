"""Every built-in logger passes the suite of its interface."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from orgloop.interfaces import ILogger
from orgloop.loggers.console.console import ConsoleConfig, ConsoleLogger
from orgloop.loggers.console.terminal import Terminal
from orgloop.loggers.file.config import FileConfig
from orgloop.loggers.file.file import FileLogger
from orgloop.loggers.otel.config import ExportOptions, OTelConfig
from orgloop.loggers.otel.otel import OTelLogger
from orgloop.loggers.syslog import SyslogConfig, SyslogLogger
from orgloop.loggers.webhook import WebhookLogger, WebhookLoggerConfig
from orgloop.plugin import PluginContext
from orgloop.testing.fakes import FakeHTTPClient
from orgloop.testing.logger import LoggerSuite
from orgloop.testing.otlp import values


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


class TestWebhookLogger(LoggerSuite):
    def make(self, context: PluginContext) -> ILogger:
        return WebhookLogger(WebhookLoggerConfig(url="http://logs.example/in"), context)

    def written(self, context: PluginContext) -> str:
        assert isinstance(context.http, FakeHTTPClient)
        return b"\n".join(request.body for request in context.http.requests).decode()


class TestSyslogLogger(LoggerSuite):
    @pytest.fixture(autouse=True)
    def _daemon(self) -> Iterator[None]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as self.daemon:
            self.daemon.bind(("127.0.0.1", 0))
            self.daemon.setblocking(False)
            yield

    def make(self, context: PluginContext) -> ILogger:
        port = self.daemon.getsockname()[1]
        return SyslogLogger(SyslogConfig(host="127.0.0.1", port=port), context)

    def written(self, context: PluginContext) -> str:
        messages = []
        while True:
            try:
                messages.append(self.daemon.recv(65536).decode())
            except BlockingIOError:
                return "\n".join(messages)


class TestOTelLogger(LoggerSuite):
    def make(self, context: PluginContext) -> ILogger:
        config = OTelConfig(export=ExportOptions(traces=False, metrics=False))
        return OTelLogger(config, context)

    def written(self, context: PluginContext) -> str:
        assert isinstance(context.http, FakeHTTPClient)
        requests = [
            ExportLogsServiceRequest.FromString(request.body) for request in context.http.requests
        ]
        return "\n".join(
            f"{record.body.string_value} {values(record.attributes).get('orgloop.event_id')}"
            for request in requests
            for logs in request.resource_logs
            for scope in logs.scope_logs
            for record in scope.log_records
        )


class TestOTelLoggerOfTracesAndMetrics(LoggerSuite):
    def make(self, context: PluginContext) -> ILogger:
        return OTelLogger(OTelConfig(export=ExportOptions(logs=False)), context)
