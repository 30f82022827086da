"""Putting the hook into an agent's settings and taking it out again, as a person does it."""

from __future__ import annotations

import json
import os
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orgloop.cli.invocation import Invocation
from orgloop.cli.main import orgloop
from orgloop.connectors.coding_agent.installation.forms import settings_of

Run = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that the person is in."""
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def person(tmp_path: Path) -> Path:
    """The home directory of somebody who has used every agent."""
    directory = tmp_path / "person"
    for agent in (".claude", ".codex", ".config/opencode", ".pi/agent"):
        (directory / agent).mkdir(parents=True)
    return directory


@pytest.fixture
def hook(project: Path, person: Path) -> Run:
    def run(*arguments: str, **environ: str) -> Result:
        known = {"HOME": str(person), **environ}
        return CliRunner().invoke(orgloop, ["hook", *arguments], obj=Invocation(known))

    return run


def test_the_hook_comes_and_goes_and_the_settings_are_as_before(
    hook: Run, person: Path, tmp_path: Path
) -> None:
    settings = person / ".claude" / "settings.json"
    settings.write_text('{\n    "model": "opus"\n}')
    settings.chmod(0o600)
    before = settings.read_text()

    first = hook("install", "claude-code", "--source", "cc", ORGLOOP_HOME=str(tmp_path))
    text = settings.read_text()
    again = hook("install", "claude-code", "--source", "cc", ORGLOOP_HOME=str(tmp_path))
    gone = hook("uninstall", "claude-code", "--json")
    nothing = hook("uninstall", "claude-code")

    assert first.stdout == f"the hook was installed in {settings}\n"
    [group] = json.loads(text)["hooks"]["Stop"]
    command = group["hooks"][0]["command"]
    assert command.endswith(f" hook claude-code --source cc --home {tmp_path}")
    assert os.path.isabs(shlex.split(command)[0])
    assert again.stdout == f"the hook is installed already in {settings}\n"
    assert json.loads(gone.stdout) == {"file": str(settings), "changed": True}
    assert nothing.stdout == f"the hook is not installed in {settings}\n"
    assert settings.read_text() == before
    assert settings.stat().st_mode & 0o777 == 0o600


def test_a_project_says_what_works_on_every_machine(hook: Run, person: Path, project: Path) -> None:
    alone = hook("install", "claude-code", "--project")
    hook("install", "claude-code")
    both = hook("install", "claude-code-stop", "--project")

    hooks = json.loads((project / ".claude" / "settings.json").read_text())["hooks"]
    assert hooks["SessionStart"][0]["hooks"][0]["command"] == "orgloop hook claude-code"
    assert hooks["Stop"][0]["hooks"][0]["command"] == "orgloop hook claude-code-stop"
    assert alone.stderr == ""
    assert "twice" in both.stderr


def test_codex_is_told_in_the_settings_of_its_person_alone(hook: Run, person: Path) -> None:
    config = person / ".codex" / "config.toml"
    config.write_text('# mine\n[tui]\ntheme = "dark"\n')

    installed = hook("install", "codex", "--port", "4801")
    refused = hook("install", "codex", "--project")

    assert installed.exit_code == 0
    settings = tomllib.loads(config.read_text())
    assert settings["tui"] == {"theme": "dark"}
    assert settings["notify"][-4:] == ["hook", "codex", "--port", "4801"]
    assert refused.exit_code == 2
    assert "--global" in refused.stderr


@pytest.mark.parametrize(
    ("agent", "file", "text"),
    [
        ("claude-code", ".claude/settings.json", '{"a": }'),
        ("codex", ".codex/config.toml", 'notify = ["mine"]\n'),
        ("opencode", ".config/opencode/plugins/orgloop.js", "// mine\n"),
    ],
)
def test_what_cannot_be_changed_safely_is_not_changed(
    hook: Run, person: Path, agent: str, file: str, text: str
) -> None:
    settings = person / file
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(text)

    refused = hook("install", agent)

    assert refused.exit_code == 1
    assert str(settings) in refused.stderr
    assert "nothing was changed" in refused.stderr
    assert settings.read_text() == text


def test_an_agent_that_nobody_knows_is_wrong_usage(hook: Run) -> None:
    refused = hook("install", "cursor")

    assert refused.exit_code == 2
    assert "claude-code" in refused.stderr
    assert "NAME" in hook("--help").stdout


@pytest.mark.parametrize("agent", ["opencode", "pi", "pi-rust"])
def test_a_plugin_comes_and_goes(hook: Run, person: Path, agent: str) -> None:
    installed = json.loads(hook("install", agent, "--json").stdout)
    file = Path(installed["file"])
    assert settings_of(agent).has_call(file.read_text())

    gone = json.loads(hook("uninstall", agent, "--json").stdout)

    assert gone == {"file": str(file), "changed": True}
    assert not file.exists()
