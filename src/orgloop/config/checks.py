"""Look over a whole project for what is allowed and still worth saying."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

from orgloop.config.model import LoggerDefinition, ProjectDefinition, SourceDefinition
from orgloop.config.reading import Reading


def look_over(project: ProjectDefinition, reading: Reading) -> None:
    """Report paths and files that are shared."""
    _shared_aliases(project, reading)
    _shared_log_files(project, reading)


def _shared_aliases(project: ProjectDefinition, reading: Reading) -> None:
    by_path: dict[str, list[SourceDefinition]] = defaultdict(list)
    for source in project.sources.values():
        path = getattr(source.config, "path", None)
        if isinstance(path, str) and path.startswith("/"):
            by_path[path].append(source)
    for path, sharing in by_path.items():
        for source in sharing if len(sharing) > 1 else ():
            reading.findings.add(
                source.place,
                f"the path `{path}` belongs to {_named(sharing)}, so it serves none of them",
                "Give each a path of its own; /webhook/<source id> works in any case.",
                "warning",
            )


def _shared_log_files(project: ProjectDefinition, reading: Reading) -> None:
    users: dict[str, list[str]] = defaultdict(list)
    users[os.path.abspath(reading.home / "logs" / "orgloop.log")].append("the application log")
    for logger in project.loggers.values():
        file = _log_file(logger, reading)
        if file is None:
            continue
        if users[file]:
            reading.findings.add(
                logger.place,
                f"this logger shares its file with {users[file][0]}",
                "They write through one writer, and the first rotation settings win.",
                "note",
            )
        users[file].append(f"`{logger.id}`")


def _log_file(logger: LoggerDefinition, reading: Reading) -> str | None:
    path = getattr(logger.config, "path", None)
    if not isinstance(path, (str, Path)) or logger.registration.id != "file":
        return None
    text = reading.at_home(str(path))
    if text.startswith("~/"):
        return os.path.abspath(reading.user_home / text[2:])
    return os.path.abspath(logger.directory / text)


def _named(components: list[SourceDefinition]) -> str:
    return " and ".join(f"`{one.id}`" for one in components)
