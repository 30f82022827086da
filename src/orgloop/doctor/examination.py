"""What is looked at for a person who asks: from outside, or in a runtime."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from orgloop.config.model import ProjectDefinition
from orgloop.config.runtime import HTTPSettings
from orgloop.doctor.check import Check
from orgloop.doctor.databases import check_databases
from orgloop.doctor.disk import check_disk
from orgloop.doctor.home import check_directory, check_files, check_lock, check_spool, is_closed
from orgloop.doctor.packages import check_installed, check_versions, names_used
from orgloop.doctor.plugins import check_surroundings
from orgloop.doctor.port import check_ports
from orgloop.doctor.project import check_config, check_variables
from orgloop.doctor.spool import check_set_aside
from orgloop.doctor.subject import Subject
from orgloop.doctor.system import check_system
from orgloop.errors import StorageUnavailable
from orgloop.storage.home import Home
from orgloop.storage.lock import LockHolder, holder_of


@frozen(kw_only=True)
class Examination:
    """One look at everything that needs no network. Blocks, for some tenths of a second at most."""

    home: Home
    environ: Mapping[str, str] = field(repr=False)
    now_ms: int

    def from_outside(self, subject: Subject, http: HTTPSettings) -> list[Check]:
        """Look at everything, as a process that is no runtime; nothing is changed.

        ``http`` is what a start would listen on, also without a project.
        """
        if is_closed(self.home):
            return [
                *self._of_project(subject),
                *check_ports(http, ours=()),
                *check_disk(self.home),
                *check_directory(self.home),
                *check_system(self.home, self.now_ms),
            ]
        holder, lock = self._lock()
        ours = (holder.pid, holder.supervisor) if holder is not None else ()
        runs = holder is not None and holder.pid is not None
        return [
            *self._of_project(subject),
            *check_ports(http, ours=ours),
            *check_disk(self.home),
            *check_directory(self.home),
            lock,
            *check_files(self.home, holder),
            *check_spool(self.home, runs=runs, now_ms=self.now_ms),
            *check_set_aside(self.home),
            *self._databases(),
            *check_system(self.home, self.now_ms),
        ]

    def from_inside(
        self, subjects: Iterable[Subject], *, listens: str, storage_ok: bool
    ) -> list[Check]:
        """Look as the runtime itself, besides at its plugins; ``listens`` is where it does.

        ``storage_ok`` is whether its commits succeed: it has the databases open, and nobody else in
        its process may.
        """
        return [
            *check_versions(),
            *(check for one in subjects for check in (*check_config(one), *check_variables(one))),
            Check(category="port", name="http", message=f"this runtime listens on {listens}"),
            *check_disk(self.home),
            _commits(storage_ok),
            *check_directory(self.home),
            *check_files(self.home, LockHolder()),
            *check_spool(self.home, runs=True, now_ms=self.now_ms),
            *check_set_aside(self.home),
            *check_system(self.home, self.now_ms),
        ]

    def _of_project(self, subject: Subject) -> list[Check]:
        return [
            *check_versions(),
            *check_installed(names_used(subject.definition)),
            *check_config(subject),
            *check_variables(subject),
            *self._surroundings(subject.definition),
        ]

    def _surroundings(self, definition: ProjectDefinition | None) -> list[Check]:
        if definition is None:
            return []
        return check_surroundings(definition, self.home.root, self.environ)

    def _lock(self) -> tuple[LockHolder | None, Check]:
        try:
            holder = holder_of(self.home)
        except StorageUnavailable as error:
            return None, _broken("lock", error)
        return holder, check_lock(self.home, holder)

    def _databases(self) -> list[Check]:
        try:
            return check_databases(self.home)
        except (StorageUnavailable, OSError) as error:
            return [_broken("data", error)]


def _commits(storage_ok: bool) -> Check:
    if storage_ok:
        return Check(category="disk", name="commits", message="they succeed")
    return Check(
        category="disk",
        name="commits",
        status="error",
        message="the disk refuses: nothing can be kept, so senders are told to come again",
        fix="see logs/orgloop.log for what it says, and make room",
    )


def _broken(name: str, error: Exception) -> Check:
    what, _, fix = str(error).partition("; ")
    return Check(category="home", name=name, status="error", message=what, fix=fix)
