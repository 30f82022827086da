"""Run a program that answers in JSON, and say what is wrong when it does not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from orgloop.durations import Duration
from orgloop.errors import OrgLoopError
from orgloop.plugin import ComponentContext, Finding, PluginContext
from orgloop.sdk.processes import Finished, child_environment, run

_MAX_OUTPUT_BYTES = 10_000_000
# It was asked a question and only reads: what it does after SIGTERM nobody waits for.
_KILL_GRACE_SECONDS = 1.0


class ProgramFailed(OrgLoopError):
    """A program did not answer, or not with what it was asked for."""


async def json_from(
    context: PluginContext, name: str, binary_path: str, arguments: Sequence[str], limit: Duration
) -> Any:
    """Run a program in the project's directory and return what it writes, read as JSON.

    ``name`` is what messages call it; ``limit`` is how long it may take, then it and its children
    are ended. Raises `ProgramFailed`, and `CannotRun` if the program is missing.
    """
    finished = await run(
        context.processes,
        context.clock,
        [program_path(binary_path, context), *arguments],
        cwd=context.project_directory,
        env=child_environment(context.environ),
        timeout_seconds=limit.seconds,
        max_output_bytes=_MAX_OUTPUT_BYTES,
        end_on_overflow=True,
        kill_grace_seconds=_KILL_GRACE_SECONDS,
    )
    _check(finished, name, limit)
    try:
        return orjson.loads(finished.stdout) if finished.stdout.strip() else None
    except orjson.JSONDecodeError as error:
        raise ProgramFailed(f"what {name} wrote is not JSON: {error}") from error


def program_path(binary_path: str, context: ComponentContext) -> str:
    """Return the program: a bare name for ``PATH``, or a path that begins at the YAML file."""
    if "/" not in binary_path:
        return binary_path
    home = context.environ.get("HOME")
    if binary_path.startswith("~/") and home:
        return str(Path(home) / binary_path[2:])
    return str(context.directory / binary_path)


def check_program(binary_path: str, context: ComponentContext) -> Finding:
    """Say whether the program is there; for a ``local_check``."""
    program = program_path(binary_path, context)
    found = shutil.which(program, os.X_OK, context.environ.get("PATH", os.defpath))
    if found is not None:
        return Finding(name="program", message=f"{found} can be run")
    return Finding(
        name="program",
        status="degraded",
        message=f"there is no program {program}",
        fix=f"install it, put it on PATH, or set binary_path of {context.id}",
    )


def _check(finished: Finished, name: str, limit: Duration) -> None:
    if finished.timed_out:
        raise ProgramFailed(f"{name} took longer than {limit} and was ended")
    if finished.overflowed:
        raise ProgramFailed(
            f"{name} wrote more than {_MAX_OUTPUT_BYTES // 1_000_000} MB and was ended"
        )
    if finished.exit_status != 0:
        raise ProgramFailed(
            f"{name} ended with exit status {finished.exit_status}: run it in a shell to see why"
        )
