"""Put together what one delivery runs: arguments, environment, standard input."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import NamedTemporaryFile
from typing import Any

import orjson
from attrs import field, frozen

from orgloop.connectors.command.config import CommandConfig
from orgloop.delivery import Dispatch
from orgloop.errors import InvalidValue
from orgloop.event import JSONObject
from orgloop.plugin import ComponentContext, PluginContext
from orgloop.sdk.processes import child_environment
from orgloop.sdk.programs import program_path
from orgloop.sdk.variables import delivery_variables
from orgloop.templates import fill, scope_of

MAX_VALUE_BYTES = 100_000
"""Linux takes 128 kB in one argument or variable; more would fail in a way nobody understands."""


@frozen
class Invocation:
    """What is run for one delivery."""

    argv: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    stdin: bytes = field(repr=False)


def program_of(config: CommandConfig, context: ComponentContext) -> str:
    """Return the program: a bare name for ``PATH``, or a path that begins at the YAML file."""
    return program_path(config.command[0], context)


def search_path(config: CommandConfig, context: ComponentContext) -> str:
    """Return the ``PATH`` in which a program without a slash is looked for."""
    return config.env.get("PATH", context.environ.get("PATH", os.defpath))


def invocation(
    config: CommandConfig, context: PluginContext, dispatch: Dispatch, prompt_file: str | None
) -> Invocation:
    """Fill the templates; raise `InvalidValue` for a value that cannot be handed to a program."""
    scope = _scope(dispatch)
    arguments = [_filled(one, scope, "an argument") for one in config.command[1:]]
    env = {name: _filled(one, scope, f"the variable {name}") for name, one in config.env.items()}
    ours = delivery_variables(dispatch)
    if prompt_file is not None:
        ours["ORGLOOP_PROMPT_FILE"] = prompt_file
    for name, value in ours.items():
        _check(value, f"the variable {name}")
    return Invocation(
        (program_of(config, context), *arguments),
        {**child_environment(context.environ), **env, **ours},
        _standard_input(config, dispatch),
    )


@contextmanager
def prompt_file(dispatch: Dispatch) -> Iterator[str | None]:
    """Keep the prompt's text in a private file while the program runs; `None` without a prompt.

    A file of some kilobytes in the temporary directory, which is not synced: not worth a thread.
    """
    if dispatch.prompt is None:
        yield None
        return
    with NamedTemporaryFile("w", encoding="utf-8", prefix="orgloop-prompt-", suffix=".md") as file:
        file.write(dispatch.prompt.text)
        file.flush()
        yield file.name


def _scope(dispatch: Dispatch) -> JSONObject:
    return {
        **scope_of(dispatch.event),
        "launch_prompt": dispatch.prompt.text if dispatch.prompt else "",
    }


def _standard_input(config: CommandConfig, dispatch: Dispatch) -> bytes:
    if config.stdin == "event":
        return orjson.dumps(dispatch.document())
    if config.stdin == "prompt" and dispatch.prompt is not None:
        return dispatch.prompt.text.encode()
    return b""


def _filled(template: str, scope: Mapping[str, Any], what: str) -> str:
    value = fill(template, scope)
    _check(value, what)
    return value


def _check(value: str, what: str) -> None:
    if "\0" in value:
        raise InvalidValue(f"{what} would hold a NUL, which no program can be handed")
    if len(os.fsencode(value)) > MAX_VALUE_BYTES:
        raise InvalidValue(
            f"{what} would be longer than {MAX_VALUE_BYTES // 1000} kB: hand it over on stdin"
        )
