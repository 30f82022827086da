"""The hook in an agent's settings: it comes and goes, and nothing else moves."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgloop.connectors.coding_agent.agents import NAMES, settings_file
from orgloop.connectors.coding_agent.installation.call import is_call, is_call_text
from orgloop.connectors.coding_agent.installation.forms import INSTALLABLE, settings_of
from orgloop.connectors.coding_agent.installation.jsontext import (
    parsed,
    with_child,
    with_value,
    without_child,
)
from orgloop.connectors.coding_agent.installation.settings import BrokenSettings
from orgloop.connectors.coding_agent.installation.textfile import read_text, replace_text

CALL = ("/opt/a b/orgloop", "hook", "claude-code")
CLAUDE = settings_of("claude-code")
CODEX = settings_of("codex")
EVENTS = {"SessionStart", "Stop", "SubagentStop", "Notification", "SessionEnd"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)
FORMS = st.sampled_from([None, 1, 2, 4, "\t"])


# --- Claude Code


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{}\n",
        '{"model": "opus"}',
        '{\n\t"model": "opus", // the good one\n\t"permissions": {"allow": []}\n}\n',
        '{\r\n    "env": {"A": "1"},\r\n}\r\n',
        '\ufeff{\n  "a": [1,2,\n 3]}',
        '{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "say done"}]}]}}',
        '{\n "hooks": {\n  "Stop": [\n   {"matcher": "", "hooks": [\n    {"type": "command",'
        ' "command": "say done"}\n   ]}\n  ],\n  "PreToolUse": []\n },\n "x": null\n}',
    ],
)
def test_what_was_there_is_there_to_the_letter_when_the_hook_is_gone(text: str) -> None:
    changed = CLAUDE.with_call(text, CALL)

    assert CLAUDE.has_call(changed)
    assert not CLAUDE.has_call(text)
    assert CLAUDE.with_call(changed, CALL) == changed
    assert CLAUDE.without_call(changed) == text


def test_new_settings_call_the_hook_at_each_event() -> None:
    document = json.loads(CLAUDE.with_call(None, CALL))

    entry = {"type": "command", "command": "'/opt/a b/orgloop' hook claude-code", "timeout": 5}
    assert document == {"hooks": {event: [{"hooks": [entry]}] for event in EVENTS}}


def test_half_a_hook_is_called_at_its_events_alone() -> None:
    stop = settings_of("claude-code-stop").with_call(None, ("orgloop", "hook", "claude-code-stop"))

    assert set(json.loads(stop)["hooks"]) == {"Stop", "SessionEnd"}
    assert settings_of("claude-code-start").without_call(stop) == stop
    assert settings_of("claude-code").without_call(stop) == "{}\n"


@pytest.mark.parametrize(
    ("version", "text", "is_called"),
    [
        ("2.1.78 (Claude Code)", "{}", True),
        ("2.10.0 (Claude Code)", "{}", True),
        ("2.1.77 (Claude Code)", "{}", False),
        ("2.1", "{}", False),
        ("", "{}", False),
        ("", '{"hooks": {"StopFailure": []}}', True),
    ],
)
def test_a_turn_that_failed_is_told_of_where_claude_code_knows_that_hook(
    version: str, text: str, is_called: bool
) -> None:
    changed = settings_of("claude-code", version).with_call(text, CALL)

    assert bool(json.loads(changed)["hooks"].get("StopFailure")) is is_called


def test_the_call_of_a_turn_that_failed_goes_with_the_hook() -> None:
    stop = settings_of("claude-code-stop", "2.1.78").with_call("{}", CALL)

    assert set(json.loads(stop)["hooks"]) == {"Stop", "SessionEnd", "StopFailure"}
    moved = CLAUDE.with_call(stop, ("/elsewhere/orgloop", "hook", "claude-code"))
    assert CALL[0] not in moved
    assert CLAUDE.without_call(stop) == "{}"
    assert "StopFailure" not in settings_of("claude-code-start", "2.1.78").with_call("{}", CALL)


def test_a_call_from_elsewhere_is_replaced_and_one_too_many_goes() -> None:
    old = CLAUDE.with_call(None, ("/old/orgloop", "hook", "claude-code"))
    twice = old.replace(
        '"Stop": [', '"Stop": [{"hooks": [{"command": "orgloop hook claude-code"}]}, ', 1
    )

    changed = CLAUDE.with_call(twice, CALL)

    assert json.loads(changed) == json.loads(CLAUDE.with_call(None, CALL))


def test_a_call_beside_another_command_of_its_group_goes_alone() -> None:
    text = (
        '{"hooks": {"Stop": [{"matcher": "x", "hooks": ['
        '{"command": "say a"}, {"command": "orgloop hook claude-code"}, {"command": "say b"}]}]}}'
    )

    assert CLAUDE.without_call(text) == (
        '{"hooks": {"Stop": [{"matcher": "x", "hooks": [{"command": "say a"}, '
        '{"command": "say b"}]}]}}'
    )


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"a" 1}',
        '{"a": 1} x',
        '{"a": nothing}',
        '{"a": "x\n"}',
        '{"hooks": []}',
        '{"hooks": {"Stop": {}}}',
        "[" * 1000,
    ],
)
def test_settings_that_claude_code_could_not_read_are_refused(text: str) -> None:
    with pytest.raises(BrokenSettings):
        CLAUDE.with_call(text, CALL)


def test_a_mistake_is_named_by_its_place() -> None:
    with pytest.raises(BrokenSettings, match=r"line 2, column 10: .* comma"):
        CLAUDE.with_call('{\n  "a": 1 "c"\n}', CALL)


@given(JSON, FORMS)
def test_any_json_is_read_as_what_it_is(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent)

    assert parsed(text).value == value


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=3), JSON, FORMS)
def test_a_member_that_comes_and_goes_leaves_no_trace(
    document: dict[str, Any], value: Any, indent: Any
) -> None:
    text = json.dumps(document, indent=indent)
    key = "new member"

    longer = with_child(text, parsed(text), value, key)
    root = parsed(longer)
    member = root.member(key)

    assert json.loads(longer) == {**document, key: value}
    assert member is not None
    assert without_child(longer, root, member) == text
    assert json.loads(with_value(longer, member, [1])) == {**document, key: [1]}


@given(st.lists(JSON, min_size=1, max_size=4), FORMS, st.data())
def test_any_element_can_be_taken_out(value: list[Any], indent: Any, data: st.DataObject) -> None:
    text = json.dumps(value, indent=indent)
    place = data.draw(st.integers(0, len(value) - 1))

    root = parsed(text)
    shorter = without_child(text, root, root.children[place])

    assert json.loads(shorter) == value[:place] + value[place + 1 :]


@given(st.lists(JSON, min_size=1, max_size=4), st.data())
def test_what_is_taken_out_takes_no_comment_of_another_with_it(
    value: list[Any], data: st.DataObject
) -> None:
    lines = json.dumps(value, indent=2).split("\n")
    text = "\n".join(f"/* {n}, */ {line} // {n}." for n, line in enumerate(lines)) + "\n"
    place = data.draw(st.integers(0, len(value) - 1))

    root = parsed(text)
    child = root.children[place]
    shorter = without_child(text, root, child)

    inside = text[child.start : child.end]
    expected = [f"/* {n}, */" for n in range(len(lines)) if f"/* {n}, */" not in inside]
    expected += [f"// {n}.\n" for n in range(len(lines)) if f"// {n}." not in inside]
    assert parsed(shorter).value == value[:place] + value[place + 1 :]
    assert [comment for comment in expected if comment not in shorter] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{\n  // ours\n  "hooks": HOOKS\n}\n', "{\n  // ours\n}\n"),
        ('{\n  "hooks": HOOKS // ours\n}\n', "{ // ours\n}\n"),
        ('{\n  "a": 1, // one\n  "hooks": HOOKS\n}\n', '{\n  "a": 1 // one\n}\n'),
        ('{\n  "hooks": HOOKS,\n  // one\n  "a": 1\n}\n', '{\n  // one\n  "a": 1\n}\n'),
        (
            '{\n  "a": 1, // one\n  "hooks": HOOKS,\n  // two\n  "b": 2\n}\n',
            '{\n  "a": 1 // one\n  ,\n  // two\n  "b": 2\n}\n',
        ),
        ('{ // x\n  "hooks": HOOKS}', "{ // x\n  }"),
    ],
)
def test_comments_beside_the_hook_stay_and_end_where_they_did(before: str, after: str) -> None:
    hooks = json.dumps(json.loads(CLAUDE.with_call(None, CALL))["hooks"])

    assert CLAUDE.without_call(before.replace("HOOKS", hooks)) == after
    assert parsed(after).member("hooks") is None


# --- Codex


def test_notify_stands_above_the_tables_and_comments_stay() -> None:
    text = '# mine\nmodel = "o3"   # good\n\n[tui]\n# as it is\nnotifications = true\n'

    changed = CODEX.with_call(text, ("orgloop", "hook", "codex"))

    assert tomllib.loads(changed) == {
        "model": "o3",
        "notify": ["orgloop", "hook", "codex"],
        "tui": {"notifications": True},
    }
    assert CODEX.with_call(changed, ("orgloop", "hook", "codex")) == changed
    assert CODEX.without_call(changed) == text


def test_a_file_that_begins_with_a_table_takes_notify_before_it() -> None:
    changed = CODEX.with_call('[projects."/r"]\ntrust_level = "trusted"\n', (*CALL[:2], "codex"))

    assert tomllib.loads(changed)["notify"] == ["/opt/a b/orgloop", "hook", "codex"]
    assert tomllib.loads(changed)["projects"] == {"/r": {"trust_level": "trusted"}}


def test_a_notify_that_is_moved_is_written_anew() -> None:
    old = CODEX.with_call(None, ("/old/orgloop", "hook", "codex"))

    assert tomllib.loads(CODEX.with_call(old, ("/new/orgloop", "hook", "codex"))) == {
        "notify": ["/new/orgloop", "hook", "codex"]
    }


def test_another_program_in_notify_is_left_alone() -> None:
    text = 'notify = ["notify-send", "Codex"]\n'

    with pytest.raises(BrokenSettings, match="another program"):
        CODEX.with_call(text, ("orgloop", "hook", "codex"))
    assert CODEX.without_call(text) == text
    assert not CODEX.has_call(text)


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(BrokenSettings, match="no TOML"):
        CODEX.has_call("model = \n")


# --- files of our own


@pytest.mark.parametrize("agent", ["opencode", "pi", "pi-rust"])
def test_a_plugin_is_written_whole_found_again_and_removed_whole(agent: str) -> None:
    settings = settings_of(agent)
    call = ["/opt/\\1 $& orgloop/orgloop", "hook", agent, "--source", "x'y\""]

    text = settings.with_call(None, call)

    assert f"const call = {json.dumps(call)};" in text
    assert settings.has_call(text)
    assert settings.with_call(text, call) == text
    assert settings.without_call(text) is None


def test_a_plugin_of_somebody_else_is_neither_replaced_nor_removed() -> None:
    settings = settings_of("opencode")

    with pytest.raises(BrokenSettings, match="OrgLoop"):
        settings.with_call("export const Mine = 1\n", ("orgloop", "hook", "opencode"))
    assert settings.without_call("export const Mine = 1\n") == "export const Mine = 1\n"


def test_the_extension_of_pi_is_not_that_of_its_port() -> None:
    text = settings_of("pi").with_call(None, ("orgloop", "hook", "pi"))

    assert not settings_of("pi-rust").has_call(text)
    assert settings_of("pi-rust").without_call(text) == text
    assert settings_of("pi-rust").has_call(
        settings_of("pi-rust").with_call(text, ("orgloop", "hook", "pi-rust"))
    )


# --- calls and places


@pytest.mark.parametrize(
    ("command", "is_ours"),
    [
        ("orgloop hook claude-code", True),
        ("/v/bin/orgloop --quiet hook claude-code", False),
        ("'/a b/orgloop' hook claude-code-stop --source x", True),
        ("python3 -m orgloop hook claude-code-start", True),
        ("python3 -P -m orgloop hook claude-code-start", True),
        ("orgloop hook codex", False),
        ("hook claude-code", False),
        ("my-orgloop hook claude-code", False),
        ("echo 'orgloop hook claude-code", False),
        ("orgloop hook", False),
        (None, False),
    ],
)
def test_a_call_of_ours_is_told_from_others(command: object, is_ours: bool) -> None:
    assert is_call_text(command, "claude-code") is is_ours


def test_a_call_is_told_by_its_words_whatever_else_they_are() -> None:
    assert is_call(["orgloop", "hook", "codex", 7], "codex")
    assert not is_call([], "codex")


def test_each_agent_has_a_place_below_the_home_of_its_person() -> None:
    here = Path("/r")
    places = {
        agent: str(settings_file(agent, "global", {"HOME": "/home/me"}, here)) for agent in NAMES
    }

    assert places == {
        "claude-code": "/home/me/.claude/settings.json",
        "codex": "/home/me/.codex/config.toml",
        "opencode": "/home/me/.config/opencode/plugins/orgloop.js",
        "pi": "/home/me/.pi/agent/extensions/orgloop.ts",
        "pi-rust": "/home/me/.pi/agent/extensions/orgloop.ts",
    }
    elsewhere = {"HOME": "/home/me", "CODEX_HOME": "/c", "CLAUDE_CONFIG_DIR": "/cc"}
    assert settings_file("codex", "global", elsewhere, here) == Path("/c/config.toml")
    assert settings_file("claude-code", "global", elsewhere, here) == Path("/cc/settings.json")
    assert settings_file("codex", "project", {}, here) is None
    assert settings_file("claude-code", "project", {}, here) == Path("/r/.claude/settings.json")


def test_every_agent_can_be_installed() -> None:
    assert set(NAMES) <= set(INSTALLABLE)


# --- files


def test_a_file_keeps_its_mode_and_a_link_to_it_its_target(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_bytes(b"{}\r\n")
    real.chmod(0o640)
    link = tmp_path / "settings.json"
    link.symlink_to(real)

    replace_text(link, "{}\r\n", '{"a": 1}\r\n')

    assert link.is_symlink()
    assert real.read_bytes() == b'{"a": 1}\r\n'
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["dotfiles.json", "settings.json"]


def test_a_file_keeps_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when root installs the hook for somebody else, who could not read the file any more."""
    file = tmp_path / "settings.json"
    file.write_text("{}")
    given: list[tuple[int, int]] = []
    seen = os.fstat

    def of_root(descriptor: int) -> os.stat_result:
        status = list(seen(descriptor))
        status[stat.ST_UID] += 1
        return os.stat_result(status)

    monkeypatch.setattr(os, "fstat", of_root)
    monkeypatch.setattr(os, "fchown", lambda descriptor, *whose: given.append(whose))

    replace_text(file, "{}", '{"a": 1}')

    assert given == [(file.stat().st_uid, file.stat().st_gid)]


def test_a_file_that_is_read_only_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{}")
    file.chmod(0o444)

    with pytest.raises(BrokenSettings, match="read-only"):
        replace_text(file, "{}", '{"a": 1}')

    assert file.read_text() == "{}"


def test_a_file_that_was_changed_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{ }")

    with pytest.raises(BrokenSettings, match="changed just now"):
        replace_text(file, "{}", '{"a": 1}')

    assert file.read_text() == "{ }"
    assert os.listdir(tmp_path) == ["settings.json"]


def test_what_cannot_be_read_or_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "file").write_text("")

    assert read_text(tmp_path / "missing") is None
    with pytest.raises(BrokenSettings, match="UTF-8"):
        read_text(tmp_path / "binary")
    with pytest.raises(BrokenSettings, match="cannot be read"):
        read_text(tmp_path)
    with pytest.raises(BrokenSettings, match="cannot be written"):
        replace_text(tmp_path / "file" / "settings.json", None, "{}")
