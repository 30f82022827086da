"""What is to be run as a service, and as whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from orgloop.errors import InvalidValue

GRACE_SECONDS = 30
"""How long a stop waits for what is under way, unless a start is told otherwise."""
STOP_SECONDS = GRACE_SECONDS + 15
"""How long a service manager waits before it kills."""
OPEN_FILES = 65536
ACCOUNT = "orgloop"
"""The user of a service of the whole machine."""


@frozen
class Address:
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@frozen(kw_only=True)
class Installation:
    """A project that a service manager shall run. Every path is absolute."""

    name: str = "orgloop"
    """What the service is called; a second one on the same machine needs another name."""
    program: tuple[str, ...]
    """What is run as ``orgloop``."""
    project: Path
    """Its ``orgloop.yaml``."""
    project_name: str
    home: Path
    user_home: Path
    """The home directory of the person who asks."""
    is_system: bool = False
    """Whether it runs for the machine, as a user of its own, and not for the person who asks."""
    path: str = ""
    """Where programs are found: the person's ``PATH``; empty for the service manager's."""
    variables: Path
    """A file with secrets, which may be missing."""
    http: Address | None = None
    """Where it listens; `None` where that is settled at the start."""
    webhooks: Address | None = None
    workplaces: tuple[Path, ...] = ()
    """Where commands run that are started for events."""
    version: str = ""

    def __attrs_post_init__(self) -> None:
        for text in (*self.program, *map(str, self._paths())):
            if not text.isprintable() or text.endswith("\\"):
                raise InvalidValue(
                    f"{text!r} cannot be written into the file of a service: "
                    "rename it, without control characters and without a backslash at the end"
                )

    def _paths(self) -> Iterator[Path]:
        yield from (self.project, self.home, self.variables, *self.workplaces)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command line that runs the project in the foreground."""
        where = ("--config", str(self.project), "--home", str(self.home))
        return (*self.program, *where, "start")
