"""Look whether log entries can be written to a file and the file be put aside. Nothing is made."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from orgloop.loggers.file.config import FileConfig
from orgloop.plugin import ComponentContext, Finding


def check(config: FileConfig, context: ComponentContext) -> Sequence[Finding]:
    """See `Registration.local_check`."""
    path = config.path_in(context.home)
    try:
        problem = _problem(path)
    except OSError as error:  # such as a directory above it that may not be searched
        problem = f"{path}: {error.strerror or error}"
    if problem is None:
        return [Finding(message=f"{path} can be written")]
    fix = f"mend that, or correct the path of logger {context.id}; until then entries are lost"
    return [Finding(status="degraded", message=problem, fix=fix)]


def _problem(path: Path) -> str | None:
    if path.is_dir():
        return f"{path} is a directory, not a file"
    if path.exists() and not os.access(path, os.W_OK):
        return f"{path} may not be written"
    directory = path.parent
    while not directory.exists():
        directory = directory.parent
    if not directory.is_dir():
        return f"{directory} is not a directory"
    if path.exists() and not path.is_file():
        return None  # a pipe or a device is never put aside
    if not os.access(directory, os.W_OK | os.X_OK):
        return f"in {directory} nothing may be made or renamed"
    return None
