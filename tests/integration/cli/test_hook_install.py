"""What an agent is given to call or to load works when it does."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from orgloop.connectors.coding_agent.installation.forms import settings_of
from support.waiting import until

Run = Callable[..., subprocess.CompletedProcess[str]]
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node runs what OpenCode and Pi load")


@pytest.fixture
def person(tmp_path: Path) -> Path:
    """The home directory of somebody who uses Claude Code."""
    directory = tmp_path / "person"
    (directory / ".claude").mkdir(parents=True)
    return directory


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


@pytest.mark.parametrize("says", ["echo '2.1.80 (Claude Code)'", "exit 1"])
def test_claude_code_is_asked_whether_it_knows_of_turns_that_failed(
    orgloop: Run, person: Path, project: Path, tmp_path: Path, says: str
) -> None:
    claude = tmp_path / "bin" / "claude"
    claude.parent.mkdir()
    claude.write_text(f'#!/bin/sh\n[ "$1" = --version ] && {says}\n')
    claude.chmod(0o755)
    environ = {"HOME": str(person), "PATH": f"{claude.parent}:/usr/bin:/bin"}

    orgloop("hook", "install", "claude-code", **environ)
    orgloop("hook", "install", "claude-code", "--project", **environ)

    files = (person / ".claude/settings.json", project / ".claude/settings.json")
    own, shared = (json.loads(file.read_text())["hooks"] for file in files)
    assert ("StopFailure" in own) is ("2.1.80" in says)
    assert "StopFailure" not in shared


def test_the_doctor_says_how_to_install_it(orgloop: Run, person: Path, project: Path) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write("sources: [{id: cc, connector: claude-code}]\n")

    checks = json.loads(orgloop("doctor", "--json", HOME=str(person)).stdout)["checks"]

    [found] = [check for check in checks if check["name"] == "source:cc hook"]
    assert found["status"] == "degraded"
    assert "orgloop hook install claude-code --source cc" in found["fix"]


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
