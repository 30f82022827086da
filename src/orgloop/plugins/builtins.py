"""List the plugins that come with OrgLoop, without importing them."""

from __future__ import annotations

from collections.abc import Mapping

BUILTINS: Mapping[str, Mapping[str, str]] = {
    "connector": {
        "agent-ctl": "orgloop.connectors.agent_ctl",
        "claude-code": "orgloop.connectors.coding_agent.claude_code",
        "codex": "orgloop.connectors.coding_agent.codex",
        "coding-agent": "orgloop.connectors.coding_agent.any_agent",
        "command": "orgloop.connectors.command",
        "cron": "orgloop.connectors.cron",
        "docker": "orgloop.connectors.docker",
        "github": "orgloop.connectors.github",
        "github-webhook": "orgloop.connectors.github.webhook",
        "gog": "orgloop.connectors.gog",
        "linear": "orgloop.connectors.linear",
        "linear-webhook": "orgloop.connectors.linear.webhook",
        "openclaw": "orgloop.connectors.openclaw",
        "opencode": "orgloop.connectors.coding_agent.opencode",
        "pi": "orgloop.connectors.coding_agent.pi",
        "pi-rust": "orgloop.connectors.coding_agent.pi_rust",
        "slack": "orgloop.connectors.slack",
        "smtp": "orgloop.connectors.smtp",
        "webhook": "orgloop.connectors.webhook",
    },
    "transform": {
        "agent-gate": "orgloop.transforms.agent_gate",
        "dedup": "orgloop.transforms.dedup",
        "enrich": "orgloop.transforms.enrich",
        "filter": "orgloop.transforms.filter",
        "injection-scanner": "orgloop.transforms.injection_scanner",
        "metadata": "orgloop.transforms.metadata",
        "rate-limit": "orgloop.transforms.rate_limit",
        "sanitizer": "orgloop.transforms.sanitizer",
        "script": "orgloop.transforms.script",
        "timestamp": "orgloop.transforms.timestamp",
    },
    "logger": {
        "console": "orgloop.loggers.console",
        "file": "orgloop.loggers.file",
        "otel": "orgloop.loggers.otel",
        "syslog": "orgloop.loggers.syslog",
        "webhook": "orgloop.loggers.webhook",
    },
}
"""Family to name to module; the module's ``registration`` is the plugin."""
