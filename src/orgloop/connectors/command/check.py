"""Look whether a command can be run: its program, its directory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from orgloop.connectors.command.config import CommandConfig
from orgloop.connectors.command.invocation import program_of, search_path
from orgloop.plugin import ComponentContext, Finding


def check(config: CommandConfig, context: ComponentContext) -> Sequence[Finding]:
    """See `Registration.local_check`."""
    return [_program(config, context), *_directory(config, context)]


def _program(config: CommandConfig, context: ComponentContext) -> Finding:
    program = program_of(config, context)
    found = shutil.which(program, os.X_OK, search_path(config, context))
    if found is not None:
        return Finding(name="program", message=f"{found} can be run")
    there_is = os.path.exists(program)
    return Finding(
        name="program",
        status="degraded",
        message=f"{program} cannot be executed" if there_is else f"there is no program {program}",
        fix=f"run chmod +x {program}"
        if there_is
        else f"install it, put it on PATH, or correct the command of actor {context.id}",
    )


def _directory(config: CommandConfig, context: ComponentContext) -> Sequence[Finding]:
    directory = config.cwd or context.project_directory
    if os.path.isdir(directory) and os.access(directory, os.X_OK):
        return []
    what = "is not a directory it may be run in" if os.path.exists(directory) else "does not exist"
    return [
        Finding(
            name="cwd",
            status="degraded",
            message=f"{directory} {what}",
            fix=f"make it, or correct the cwd of actor {context.id}",
        )
    ]
