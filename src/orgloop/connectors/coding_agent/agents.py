"""The agents that have hooks we know, and where each keeps what is installed into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from orgloop.paths import absolute

Scope = Literal["global", "project"]

NAMES: Mapping[str, str] = {
    "claude-code": "Claude Code",
    "codex": "Codex",
    "opencode": "OpenCode",
    "pi": "Pi",
    "pi-rust": "the Rust port of Pi",
}
"""What people call each agent, by the name of its connector."""


def own_directory(agent: str, environ: Mapping[str, str]) -> Path:
    """Return where an agent keeps its person's settings; it is there once the agent was used."""
    return _DIRECTORIES[agent](environ)


def settings_file(
    agent: str, scope: Scope, environ: Mapping[str, str], directory: Path
) -> Path | None:
    """Return the file that makes an agent call the hook, `None` if it has none of that scope.

    ``directory`` is the project that the agent works in.
    """
    if scope == "global":
        return own_directory(agent, environ) / _BELOW_OWN[agent]
    below = _BELOW_PROJECT[agent]
    return None if below is None else directory / below


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or absolute("~"))


def _named_by(variable: str, default: str) -> Callable[[Mapping[str, str]], Path]:
    def directory(environ: Mapping[str, str]) -> Path:
        named = environ.get(variable)
        return Path(absolute(named)) if named else _home(environ) / default

    return directory


def _opencode(environ: Mapping[str, str]) -> Path:
    return _named_by("XDG_CONFIG_HOME", ".config")(environ) / "opencode"


# Claude Code: https://code.claude.com/docs/en/settings. Codex: https://developers.openai.com/codex
# (config). OpenCode: https://opencode.ai/docs/plugins. Pi: docs/extensions.md of its repository;
# its Rust port reads the same directories.
_DIRECTORIES: Mapping[str, Callable[[Mapping[str, str]], Path]] = {
    "claude-code": _named_by("CLAUDE_CONFIG_DIR", ".claude"),
    "codex": _named_by("CODEX_HOME", ".codex"),
    "opencode": _opencode,
    "pi": _named_by("PI_CODING_AGENT_DIR", ".pi/agent"),
    "pi-rust": _named_by("PI_CODING_AGENT_DIR", ".pi/agent"),
}
_BELOW_OWN: Mapping[str, str] = {
    "claude-code": "settings.json",
    "codex": "config.toml",
    "opencode": "plugins/orgloop.js",
    "pi": "extensions/orgloop.ts",
    "pi-rust": "extensions/orgloop.ts",
}
# Codex ignores ``notify`` in the settings of a project, and says so when it starts.
_BELOW_PROJECT: Mapping[str, str | None] = {
    "claude-code": ".claude/settings.json",
    "codex": None,
    "opencode": ".opencode/plugins/orgloop.js",
    "pi": ".pi/extensions/orgloop.ts",
    "pi-rust": ".pi/extensions/orgloop.ts",
}
