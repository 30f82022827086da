"""The source that asks gog passes the suite of its interface."""

from __future__ import annotations

from orgloop.connectors.gog.config import GogConfig
from orgloop.connectors.gog.source import GogSource
from orgloop.interfaces import ISource
from orgloop.plugin import PluginContext
from orgloop.testing.source import SourceSuite

MAIL = '{"messages": [{"id": "2", "labels": ["INBOX"]}, {"id": "1", "from": "a@b.c"}]}'


class TestGog(SourceSuite):
    def make(self, context: PluginContext) -> ISource:
        path = context.directory / "gog"
        path.write_text(f"#!/bin/sh\necho '{MAIL}'\n")
        path.chmod(0o755)
        return GogSource(GogConfig(binary_path="./gog"), context)
