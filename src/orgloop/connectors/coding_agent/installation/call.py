"""The call of ``orgloop hook`` that stands in an agent's settings, and how ours are recognised."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import PurePath

_PROGRAMS = frozenset({"orgloop", "orgloop.exe"})
_SUFFIXES = ("-start", "-stop")


def agent_of(name: str) -> str:
    """Return whose hook a NAME is: ``claude-code`` of ``claude-code-stop``."""
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def is_call(arguments: Sequence[object], agent: str) -> bool:
    """Whether a command line is ``orgloop hook`` for this agent, wherever the program lies."""
    words = [str(argument) for argument in arguments]
    if "hook" not in words:
        return False
    place = words.index("hook")
    named = words[place + 1 : place + 2]
    is_ours = place > 0 and (
        PurePath(words[place - 1]).name in _PROGRAMS or words[:place][-2:] == ["-m", "orgloop"]
    )
    return is_ours and bool(named) and agent_of(named[0]) == agent


def is_call_text(command: object, agent: str) -> bool:
    """Whether a line for a shell is ``orgloop hook`` for this agent."""
    if not isinstance(command, str):
        return False
    try:
        return is_call(shlex.split(command), agent)
    except ValueError:  # quotes that do not end
        return False
