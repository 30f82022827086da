"""What a start looks at that nothing else of it looks at anyway; done in some milliseconds."""

from __future__ import annotations

from collections.abc import Mapping

from orgloop.config.model import ProjectDefinition
from orgloop.doctor.check import Check
from orgloop.doctor.disk import check_disk
from orgloop.doctor.home import check_directory
from orgloop.doctor.plugins import check_surroundings
from orgloop.doctor.system import check_system
from orgloop.storage.home import Home


def check_before_start(
    definition: ProjectDefinition, home: Home, environ: Mapping[str, str], now_ms: int
) -> list[Check]:
    """Look around when the project is valid and the lock is held, before the process may fork.

    Ports and databases are opened soon, and say themselves what is wrong with them.
    """
    return [
        *check_surroundings(definition, home.root, environ),
        *check_disk(home),
        *check_directory(home),
        *check_system(home, now_ms),
    ]
