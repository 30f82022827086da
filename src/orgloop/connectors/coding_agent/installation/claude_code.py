"""The hooks in a ``settings.json`` of Claude Code.

Its form is ``{"hooks": {EVENT: [{"matcher": …, "hooks": [{"type": "command", "command": …}]}]}}``;
see https://code.claude.com/docs/en/hooks.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from orgloop.connectors.coding_agent.installation.call import is_call_text
from orgloop.connectors.coding_agent.installation.jsontext import (
    Node,
    parsed,
    with_child,
    with_value,
    without_child,
)
from orgloop.connectors.coding_agent.installation.settings import BrokenSettings

AGENT = "claude-code"
_ALL = ("SessionStart", "Stop", "SubagentStop", "Notification", "SessionEnd")
EVENTS = {
    AGENT: _ALL,
    "claude-code-start": ("SessionStart",),
    "claude-code-stop": ("Stop", "SessionEnd"),
}
"""The events that a NAME of ours is called at."""
_FAILURE = "StopFailure"
"""What is called in place of Stop where an error of the model's service cut a turn off."""
# By its changelog. Versions before 2.1.101 skip the whole file for a name that they do not know.
_FAILURE_SINCE = (2, 1, 78)
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
# More than the hook ever takes; without one, Claude Code gives up on SessionEnd sooner than that.
_TIMEOUT_SECONDS = 5


@frozen
class ClaudeCodeSettings:
    """See `Settings`; ``events`` are those that are looked at and changed.

    ``StopFailure`` belongs to ``Stop``. It is added where ``version``, what ``claude --version``
    says, or the settings themselves show that this Claude Code knows it.
    """

    events: Sequence[str] = _ALL
    version: str = ""

    def has_call(self, text: str | None) -> bool:
        root = _root(text or "{}")
        return any(_calls(root, event) for event in self._possible)

    def with_call(self, text: str | None, call: Sequence[str]) -> str:
        entry = {"type": "command", "command": shlex.join(call), "timeout": _TIMEOUT_SECONDS}
        changed = "{}\n" if text is None or not text.strip() else text
        for event in self._possible:
            if event != _FAILURE or self._knows_failure(changed):
                changed = _with_entry(changed, event, entry)
        return changed

    def without_call(self, text: str | None) -> str | None:
        if text is None or not text.strip():
            return text
        for event in self._possible:
            while found := _calls(_root(text), event):
                text = _without(text, found[0])
        return text

    @property
    def _possible(self) -> Sequence[str]:
        return (*self.events, _FAILURE) if "Stop" in self.events else self.events

    def _knows_failure(self, text: str) -> bool:
        told = _VERSION.match(self.version)
        if told is not None and tuple(map(int, told.groups())) >= _FAILURE_SINCE:
            return True
        hooks = _child(_root(text), "hooks", dict)
        return hooks is not None and hooks.member(_FAILURE) is not None


def is_switched_off(text: str) -> bool:
    """Whether the settings keep every hook from being called."""
    return bool(_root(text).value.get("disableAllHooks") is True)


def _root(text: str) -> Node:
    root = parsed(text if text.strip() else "{}")
    if not isinstance(root.value, dict):
        raise BrokenSettings("it is JSON, and no object")
    return root


_Path = tuple[Node, Node, Node, Node, Node, Node]
"""Root, hooks, the event's groups, a group, its entries, an entry."""


def _calls(root: Node, event: str) -> list[_Path]:
    """Return the ways to our entries of one event."""
    return [way for way in _entries(root, event) if is_call_text(_command(way[-1]), AGENT)]


def _entries(root: Node, event: str) -> Iterator[_Path]:
    hooks = _child(root, "hooks", dict)
    groups = None if hooks is None else _child(hooks, event, list)
    if hooks is None or groups is None:
        return
    for group in groups.children:
        entries = group.member("hooks") if isinstance(group.value, dict) else None
        if entries is None:
            continue
        for entry in entries.children:
            yield (root, hooks, groups, group, entries, entry)


def _child(parent: Node, key: str, kind: type) -> Node | None:
    child = parent.member(key)
    if child is not None and not isinstance(child.value, kind):
        wanted = "an object" if kind is dict else "a list"
        raise BrokenSettings(f"{key} is not {wanted}, so Claude Code cannot read it either")
    return child


def _command(entry: Node) -> object:
    return entry.value.get("command") if isinstance(entry.value, dict) else None


def _with_entry(text: str, event: str, entry: dict[str, Any]) -> str:
    """Return the text with ``entry`` as the only one of ours at ``event``."""
    while len(found := _calls(_root(text), event)) > 1:
        text = _without(text, found[-1])
    root = _root(text)
    if found:
        known = found[0][-1]
        return text if known.value == entry else with_value(text, known, entry)
    group = {"hooks": [entry]}
    hooks = _child(root, "hooks", dict)
    if hooks is None:
        return with_child(text, root, {event: [group]}, "hooks")
    groups = _child(hooks, event, list)
    if groups is None:
        return with_child(text, hooks, [group], event)
    return with_child(text, groups, group)


def _without(text: str, way: _Path) -> str:
    """Return the text without the entry at the end of ``way``, nor what only held it."""
    root, hooks, groups, group, entries, entry = way
    for parent, child in ((entries, entry), (groups, group), (hooks, groups)):
        if len(parent.children) > 1:
            return without_child(text, parent, child)
    return without_child(text, root, hooks)
