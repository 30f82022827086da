"""What the doctor says of an agent's hook, and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from orgloop.connectors.coding_agent import claude_code, codex
from orgloop.connectors.coding_agent.agents import settings_file
from orgloop.connectors.coding_agent.any_agent import registration
from orgloop.connectors.coding_agent.config import CodingAgentConfig
from orgloop.connectors.coding_agent.installation.forms import settings_of
from orgloop.plugin import ComponentContext, Finding, Kind, Registration


@pytest.fixture
def context(tmp_path: Path) -> ComponentContext:
    return ComponentContext(
        project="org",
        id="cc",
        directory=tmp_path,
        project_directory=tmp_path / "project",
        home=tmp_path,
        environ={"HOME": str(tmp_path / "me")},
    )


def look(
    plugin: Registration, context: ComponentContext, **options: Any
) -> tuple[Finding, Finding | None]:
    """Return what is said of the senders, and of the hook."""
    check = plugin.local_check_of(Kind.SOURCE)
    assert check is not None
    senders, *hook = check(CodingAgentConfig(**options), context)
    return senders, hook[0] if hook else None


def write(context: ComponentContext, agent: str, text: str, scope: Any = "global") -> Path:
    file = settings_file(agent, scope, context.environ, context.project_directory)
    assert file is not None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


CALLED = settings_of("claude-code").with_call(None, ("orgloop", "hook", "claude-code"))


def test_an_agent_that_is_used_and_calls_nothing_is_said_how_to_mend(
    context: ComponentContext,
) -> None:
    write(context, "claude-code", "{}")

    _, hook = look(claude_code.registration, context)

    assert hook is not None
    assert hook.status == "degraded"
    assert hook.fix.startswith("run: orgloop hook install claude-code --source cc")


@pytest.mark.parametrize("scope", ["global", "project"])
def test_an_agent_that_calls_the_hook_is_fine(context: ComponentContext, scope: str) -> None:
    file = write(context, "claude-code", CALLED, scope)

    _, hook = look(claude_code.registration, context)

    assert hook is not None
    assert hook.status == "ok"
    assert str(file) in hook.message


def test_hooks_that_are_switched_off_are_noticed(context: ComponentContext) -> None:
    write(context, "claude-code", CALLED.replace("{", '{"disableAllHooks": true,', 1))

    _, hook = look(claude_code.registration, context)

    assert hook is not None
    assert (hook.status, hook.fix) == ("degraded", "remove disableAllHooks there")


def test_settings_that_cannot_be_read_are_named(context: ComponentContext) -> None:
    file = write(context, "codex", "= 1")

    _, hook = look(codex.registration, context)

    assert hook is not None
    assert hook.status == "degraded"
    assert hook.message.startswith(f"{file}: it is no TOML")


def test_an_agent_that_is_not_used_here_is_no_trouble(context: ComponentContext) -> None:
    _, absent = look(claude_code.registration, context)
    write(context, "claude-code", "{}")
    _, remote = look(claude_code.registration, context, secret="sesame")

    assert absent is not None
    assert remote is not None
    assert (absent.status, remote.status) == ("ok", "ok")


def test_a_source_of_any_agent_is_looked_at_by_its_harness(context: ComponentContext) -> None:
    _, unknown = look(registration, context)
    _, known = look(registration, context, harness="codex")

    assert unknown is None
    assert known is not None
    assert "Codex" in known.message


def test_strangers_may_not_report_sessions(context: ComponentContext) -> None:
    exposed = evolve(context, is_exposed=True)

    assert look(registration, context)[0].status == "ok"
    assert look(registration, exposed)[0].status == "error"
    assert look(registration, exposed, secret="sesame")[0].status == "ok"
