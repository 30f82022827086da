"""The options of ``command``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from orgloop.errors import InvalidValue
from orgloop.options import ignored_option, option

_NAMED_ARGUMENT = re.compile(r"--[A-Za-z0-9][A-Za-z0-9_.-]*=")


def _is_template(text: str) -> bool:
    return "{{" in text


def _command(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        raise InvalidValue(
            "command is a list of words, as in [my-agent, --once]: no shell reads it"
        )
    if not isinstance(value, Sequence) or not value:
        raise InvalidValue("command is a list: the program, then its arguments")
    words = tuple(_word(one) for one in value)
    if not words[0].strip() or _is_template(words[0]):
        raise InvalidValue("which program is run comes from the project alone, never from an event")
    _check_arguments(words[1:])
    return words


def _word(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InvalidValue("each word of command is text: put it in quotes")
    if "\0" in str(value):
        raise InvalidValue("a word of command may not hold a NUL")
    return str(value)


def _check_arguments(arguments: Sequence[str]) -> None:
    """Refuse templates where an event could add an option of its own."""
    for argument in arguments:
        if argument == "--":
            return
        named = _NAMED_ARGUMENT.match(argument)
        if _is_template(argument) and named is None:
            raise InvalidValue(
                f"{argument!r} could become an option that the event's sender chooses: write it as "
                "--name={{…}}, or put -- before it, or hand the value over in env or on stdin"
            )


def _env(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidValue("env is a mapping of names to values")
    return {_variable(name): _value(str(name), content) for name, content in value.items()}


def _variable(name: object) -> str:
    if not isinstance(name, str) or not name or _is_template(name) or set(name) & {"=", "\0"}:
        raise InvalidValue(f"{name!r} cannot be the name of a variable")
    if name.startswith("ORGLOOP_"):
        raise InvalidValue(f"{name} begins with ORGLOOP_: those variables are set by OrgLoop")
    return name


def _value(name: str, content: object) -> str:
    if isinstance(content, bool):
        return str(content).lower()
    if not isinstance(content, (str, int, float)):
        raise InvalidValue(f"the value of {name} is neither text nor a number")
    return str(content)


@frozen(kw_only=True)
class CommandConfig:
    """What a command actor may be told."""

    command: Sequence[str] = option(
        "The program and its arguments, as a list. No shell reads it. A program with a slash is "
        "relative to the YAML file that names it. An argument may be a template where it begins "
        "with `--name=` or follows a literal `--`.",
        convert=_command,
        schema={
            "type": "array",
            "minItems": 1,
            "items": {"type": ["string", "number"]},
        },
    )
    cwd: Path | None = option(
        "The directory it runs in: the project's by default. No template.", default=None
    )
    env: Mapping[str, str] = option(
        "Variables to add to the environment; values may be templates, names may not, and none "
        "may begin with `ORGLOOP_`.",
        factory=dict,
        secret=True,
        convert=_env,
        schema={
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
    )
    stdin: Literal["event", "prompt", "none"] = option(
        'What it reads on standard input: `{"event": …, "launch_prompt": …}`, the prompt\'s text '
        "alone, or nothing.",
        default="event",
    )
    output: Literal["none", "response_event"] = option(
        "With `response_event`, its standard output is JSON with an `event` object, which becomes "
        "an event.",
        default="none",
    )
    emit_stopped: bool = option(
        "Whether an `actor.stopped` with the lifecycle payload is emitted when it ends.",
        default=True,
    )
    rejected_exit_codes: Sequence[int] = option(
        "Exit codes that say no for good: the delivery is rejected and not tried again.",
        factory=tuple,
    )
    track_delivery: Any = ignored_option("Every delivery is tracked until it is settled.")

    def __attrs_post_init__(self) -> None:
        if self.cwd is not None and _is_template(str(self.cwd)):
            raise InvalidValue("cwd comes from the project alone: it may not be a template")
        wrong = [code for code in self.rejected_exit_codes if not 1 <= code <= 255]
        if wrong:
            raise InvalidValue(
                f"rejected_exit_codes holds {wrong[0]}: exit codes that say no are 1 to 255"
            )
