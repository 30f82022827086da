"""Look whether the agent on this machine calls the hook, and whether strangers could."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orgloop.connectors.coding_agent.agents import NAMES, Scope, own_directory, settings_file
from orgloop.connectors.coding_agent.config import CodingAgentConfig
from orgloop.connectors.coding_agent.installation.claude_code import is_switched_off
from orgloop.connectors.coding_agent.installation.forms import settings_of
from orgloop.connectors.coding_agent.installation.settings import BrokenSettings
from orgloop.connectors.coding_agent.installation.textfile import read_text
from orgloop.plugin import ComponentContext, Finding
from orgloop.sdk.checking import senders_finding

_SCOPES: tuple[Scope, ...] = ("global", "project")


def check_surroundings(
    config: CodingAgentConfig, context: ComponentContext, *, agent: str | None
) -> list[Finding]:
    """Say whether the hook is installed and how to mend it, and who may report sessions."""
    found = [
        senders_finding(
            config.secret,
            context,
            could="report sessions",
            remedy="a secret (orgloop hook needs none)",
        )
    ]
    known = agent or config.harness or config.platform or context.id
    if known in NAMES:
        found.append(_hook(known, config, context))
    return found


def _hook(agent: str, config: CodingAgentConfig, context: ComponentContext) -> Finding:
    source = "" if context.id == agent else f" --source {context.id}"
    fix = f"run: orgloop hook install {agent}{source}"
    try:
        calling = list(_files_that_call(agent, context))
    except BrokenSettings as error:
        return Finding(name="hook", status="degraded", message=str(error), fix="mend that file")
    for file in calling:
        if agent == "claude-code" and is_switched_off(read_text(file) or ""):
            return Finding(
                name="hook",
                status="degraded",
                message=f"{file} switches every hook off",
                fix="remove disableAllHooks there",
            )
        return Finding(name="hook", message=f"{NAMES[agent]} calls it: {file}")
    if config.secret is not None or not own_directory(agent, context.environ).is_dir():
        message = f"{NAMES[agent]} of this machine and user does not call it"
        return Finding(name="hook", message=message, fix=fix)
    return Finding(
        name="hook",
        status="degraded",
        message=f"{NAMES[agent]} does not call it: its sessions are not heard of",
        fix=f"{fix} (with --project in a repository, for the sessions there alone)",
    )


def _files_that_call(agent: str, context: ComponentContext) -> Iterator[Path]:
    for scope in _SCOPES:
        file = settings_file(agent, scope, context.environ, context.project_directory)
        if file is None:
            continue
        try:
            if settings_of(agent).has_call(read_text(file)):
                yield file
        except BrokenSettings as error:
            raise BrokenSettings(f"{file}: {error}") from error
