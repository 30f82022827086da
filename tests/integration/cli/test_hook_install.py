"""Putting the hook into an agent's settings and taking it out again, as a person does it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orgloop.connectors.coding_agent.installation.forms import settings_of
from support.waiting import until

Run = Callable[..., subprocess.CompletedProcess[str]]
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node runs what OpenCode and Pi load")


@pytest.fixture
def person(tmp_path: Path) -> Path:
    """A home directory of somebody who has used every agent."""
    directory = tmp_path / "person"
    for agent in (".claude", ".codex", ".config/opencode", ".pi/agent"):
        (directory / agent).mkdir(parents=True)
    return directory


def test_the_hook_comes_and_goes_and_the_settings_are_as_before(
    orgloop: Run, person: Path, home: Path
) -> None:
    settings = person / ".claude" / "settings.json"
    settings.write_text('{\n    "model": "opus"\n}')
    settings.chmod(0o600)
    before = settings.read_text()

    first = orgloop("hook", "install", "claude-code", "--source", "cc", HOME=str(person))
    text = settings.read_text()
    again = orgloop("hook", "install", "claude-code", "--source", "cc", HOME=str(person))
    gone = orgloop("hook", "uninstall", "claude-code", "--json", HOME=str(person))
    nothing = orgloop("hook", "uninstall", "claude-code", HOME=str(person))

    assert first.stdout == f"the hook was installed in {settings}\n"
    [group] = json.loads(text)["hooks"]["Stop"]
    command = group["hooks"][0]["command"]
    assert command.endswith(f" hook claude-code --source cc --home {home}")
    assert os.path.isabs(command.split()[0])
    assert again.stdout == f"the hook is installed already in {settings}\n"
    assert json.loads(gone.stdout) == {"file": str(settings), "changed": True}
    assert nothing.stdout == f"the hook is not installed in {settings}\n"
    assert settings.read_text() == before
    assert settings.stat().st_mode & 0o777 == 0o600


def test_a_project_says_what_works_on_every_machine(
    orgloop: Run, person: Path, project: Path
) -> None:
    alone = orgloop("hook", "install", "claude-code", "--project", HOME=str(person))
    orgloop("hook", "install", "claude-code", HOME=str(person))
    both = orgloop("hook", "install", "claude-code-stop", "--project", HOME=str(person))

    hooks = json.loads((project / ".claude" / "settings.json").read_text())["hooks"]
    assert hooks["SessionStart"][0]["hooks"][0]["command"] == "orgloop hook claude-code"
    assert hooks["Stop"][0]["hooks"][0]["command"] == "orgloop hook claude-code-stop"
    assert alone.stderr == ""
    assert "twice" in both.stderr


def test_what_is_installed_hands_over_what_the_agent_says(
    orgloop: Run, person: Path, home: Path
) -> None:
    orgloop("hook", "install", "claude-code", HOME=str(person))
    settings = json.loads((person / ".claude" / "settings.json").read_text())
    [entry] = settings["hooks"]["Stop"][0]["hooks"]

    said = json.dumps({"session_id": "s1", "hook_event_name": "Stop"})
    ended = subprocess.run(
        entry["command"], shell=True, input=said, env={}, capture_output=True, text=True, check=True
    )

    assert ended.stdout == ""
    [file] = (home / "spool").glob("*.json")
    assert json.loads(file.read_text())["body"]["session_id"] == "s1"


def test_codex_is_told_in_the_settings_of_its_person_alone(orgloop: Run, person: Path) -> None:
    config = person / ".codex" / "config.toml"
    config.write_text('# mine\n[tui]\ntheme = "dark"\n')

    installed = orgloop("hook", "install", "codex", "--port", "4801", HOME=str(person))
    refused = orgloop("hook", "install", "codex", "--project", HOME=str(person))

    assert installed.returncode == 0
    settings = tomllib.loads(config.read_text())
    assert settings["tui"] == {"theme": "dark"}
    assert settings["notify"][-6:-2] == ["hook", "codex", "--port", "4801"]
    assert refused.returncode == 2
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
    orgloop: Run, person: Path, agent: str, file: str, text: str
) -> None:
    settings = person / file
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(text)

    refused = orgloop("hook", "install", agent, HOME=str(person))

    assert refused.returncode == 1
    assert str(settings) in refused.stderr
    assert "nothing was changed" in refused.stderr
    assert settings.read_text() == text


def test_an_agent_that_nobody_knows_is_wrong_usage(orgloop: Run) -> None:
    refused = orgloop("hook", "install", "cursor")

    assert refused.returncode == 2
    assert "claude-code" in refused.stderr
    assert "NAME" in orgloop("hook", "--help").stdout


@pytest.mark.parametrize("agent", ["opencode", "pi", "pi-rust"])
def test_a_plugin_comes_and_goes(orgloop: Run, person: Path, agent: str) -> None:
    installed = json.loads(orgloop("hook", "install", agent, "--json", HOME=str(person)).stdout)
    file = Path(installed["file"])
    assert settings_of(agent).has_call(file.read_text())

    gone = json.loads(orgloop("hook", "uninstall", agent, "--json", HOME=str(person)).stdout)

    assert gone == {"file": str(file), "changed": True}
    assert not file.exists()


def test_the_doctor_says_whether_it_is_installed(orgloop: Run, person: Path, project: Path) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write("sources: [{id: cc, connector: claude-code}]\n")

    def finding() -> dict[str, Any]:
        checks = json.loads(orgloop("doctor", "--json", HOME=str(person)).stdout)["checks"]
        [found] = [check for check in checks if check["name"] == "source:cc hook"]
        return dict(found)

    before = finding()
    orgloop("hook", "install", "claude-code", "--source", "cc", HOME=str(person))
    after = finding()

    assert before["status"] == "degraded"
    assert "orgloop hook install claude-code --source cc" in before["fix"]
    assert after["status"] == "ok"


# --- what the agents load


@needs_node
def test_the_plugin_of_opencode_tells_what_happens_to_sessions(tmp_path: Path) -> None:
    said = tmp_path / "said"
    program = tmp_path / "orgloop"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$3\" >> '{said}'\n")
    program.chmod(0o755)
    plugin = tmp_path / "plugin.mjs"
    plugin.write_text(settings_of("opencode").with_call(None, (str(program), "hook", "opencode")))
    events = [
        {"type": "session.created", "properties": {"info": {"id": "s1"}}},
        {"type": "session.created", "properties": {"info": {"id": "s2", "parentID": "s1"}}},
        {"type": "session.idle", "properties": {"sessionID": "s2"}},
        {"type": "message.updated", "properties": {"info": {"id": "m"}}},
        {"type": "session.error", "properties": {"sessionID": "s1", "error": {"name": "X"}}},
        {"type": "session.idle", "properties": {"sessionID": "s1"}},
        {"type": "session.idle", "properties": {"sessionID": "s1"}},
    ]
    script = (
        f"const {{ OrgLoop }} = await import({json.dumps(str(plugin))});"
        'const { event } = await OrgLoop({ directory: "/r" });'
        f"for (const one of {json.dumps(events)}) await event({{ event: one }});"
        "await event({ event: null });"
    )

    subprocess.run([str(NODE), "--input-type=module", "-e", script], check=True)
    lines = until(lambda: len(found := said.read_text().splitlines()) == 3 and found, "the plugin")

    bodies = sorted((json.loads(line) for line in lines), key=lambda body: body["type"])
    assert [body["type"] for body in bodies] == ["session.created", "session.error", "session.idle"]
    assert bodies[1] == {
        "type": "session.error",
        "properties": {"sessionID": "s1", "error": {"name": "X"}},
        "directory": "/r",
    }


@needs_node
def test_the_extension_of_pi_tells_what_happens_to_a_session(tmp_path: Path) -> None:
    extension = tmp_path / "extension.mjs"
    extension.write_text(settings_of("pi").with_call(None, ("/o/orgloop", "hook", "pi")))
    script = (
        f"const load = (await import({json.dumps(str(extension))})).default;"
        "const handlers = {};"
        "load({ on: (name, handler) => { handlers[name] = handler; },"
        " exec: async (...call) => { console.log(JSON.stringify(call)); } });"
        'const ctx = { cwd: "/r", sessionManager: {'
        ' getSessionId: () => "u1", getSessionFile: () => undefined } };'
        'await handlers.session_start({ type: "session_start", reason: "startup" }, ctx);'
        'const messages = [{ role: "assistant", stopReason: "aborted" }, { role: "user" }];'
        'await handlers.agent_end({ type: "agent_end", messages }, ctx);'
        'await handlers.session_shutdown({ type: "session_shutdown", reason: "quit" }, {});'
    )

    ended = subprocess.run(
        [str(NODE), "--input-type=module", "-e", script],
        capture_output=True,
        text=True,
        check=True,
    )

    calls = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [call[0] for call in calls] == ["/o/orgloop", "/o/orgloop"]
    assert [json.loads(call[1][2]) for call in calls] == [
        {"type": "session_start", "reason": "startup", "session_id": "u1", "cwd": "/r"},
        {"type": "agent_end", "session_id": "u1", "cwd": "/r", "stop_reason": "aborted"},
    ]
