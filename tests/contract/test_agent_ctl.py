"""The source and the gate that ask agent-ctl pass the suites of their interfaces."""

from __future__ import annotations

from pathlib import Path

from orgloop.connectors.agent_ctl.config import AgentCtlConfig
from orgloop.connectors.agent_ctl.source import AgentCtlSource
from orgloop.interfaces import ISource, ITransform
from orgloop.plugin import PluginContext
from orgloop.testing.source import SourceSuite
from orgloop.testing.transform import TransformSuite
from orgloop.transforms.agent_gate import AgentGate, AgentGateConfig

LISTING = """[{"id": "a", "adapter": "codex", "status": "running"},
 {"id": "b", "adapter": "pi", "status": "idle", "startedAt": "2026-01-31T08:00:00Z"}]"""


def program(directory: Path) -> str:
    path = directory / "agent-ctl"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{LISTING}\nEND\n")
    path.chmod(0o755)
    return "./agent-ctl"


class TestAgentCtl(SourceSuite):
    def make(self, context: PluginContext) -> ISource:
        return AgentCtlSource(AgentCtlConfig(binary_path=program(context.directory)), context)


class TestAgentGate(TransformSuite):
    def make(self, context: PluginContext) -> ITransform:
        config = AgentGateConfig(
            binary_path=program(context.directory), adapter_filter=("claude-code",)
        )
        return AgentGate(config, context)


class TestAgentGateThatIsClosed(TransformSuite):
    def make(self, context: PluginContext) -> ITransform:
        return AgentGate(AgentGateConfig(binary_path=program(context.directory)), context)
