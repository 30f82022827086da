"""Everything that is settled before the process may fork and the reactor turns."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from orgloop.config.load import load_project
from orgloop.config.model import ProjectDefinition
from orgloop.config.problems import Problem
from orgloop.daemon.flags import Flags
from orgloop.daemon.inheritance import Inheritance
from orgloop.daemon.telling.aloud import say_at_once
from orgloop.durations import Duration
from orgloop.plugins.catalogue import Catalogue
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder
from orgloop.storage.starting_point import StartingPoint


@frozen(kw_only=True)
class Prepared:
    """A runtime that may be started: the lock is held, the project is valid, nothing is open.

    One that is to take the place of another has no lock yet.
    """

    home: Home
    lock: HomeLock | None
    flags: Flags
    definition: ProjectDefinition
    warnings: tuple[Problem, ...]
    environ: Mapping[str, str] = field(repr=False)
    """What the process was started with."""
    grace: Duration
    starting_point: StartingPoint | None

    @classmethod
    def from_flags(
        cls, flags: Flags, environ: Mapping[str, str], inherited: Inheritance, pid: int
    ) -> Prepared:
        """Take the lock unless it is inherited or still another's, then check the project.

        The lock comes first of all: who has it decides, and nobody else's project matters. Raises
        `AlreadyRunning`, `ProjectInvalid` and other `OrgLoopError`.
        """
        flags.check()
        home = flags.home_directory(environ)
        home.create()
        lock = inherited.lock
        if lock is None and not inherited.takes_over:
            lock = HomeLock.acquire(home, LockHolder(pid=pid))
        loaded = load_project(
            flags.project_file(environ),
            environ=flags.over(environ),
            home=home.root,
            catalogue=Catalogue(tell=say_at_once),
            fingerprint_key=home.fingerprint_key().encode(),
        )
        return cls(
            home=home,
            lock=lock,
            flags=flags,
            definition=loaded.project,
            warnings=tuple(one for one in loaded.problems if one.severity == "warning"),
            environ=environ,
            grace=flags.grace_period(),
            starting_point=flags.starting_point(),
        )

    def held_lock(self) -> HomeLock:
        """Return the lock; for a process that takes nobody's place."""
        assert self.lock is not None, "the lock is still another's"
        return self.lock
