"""Checkpoints of a home that no runtime has, in their files."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from attrs import frozen

from orgloop.cli.failing import CommandFailed
from orgloop.cli.held_home import at_once, result_of
from orgloop.cli.invocation import Invocation
from orgloop.cli.project import project_of
from orgloop.storage.checkpoints import FileCheckpointStore
from orgloop.storage.home import Home
from orgloop.times import to_iso


@frozen
class CheckpointFiles:
    """Those of one project; ``sources`` are the names it knows, `None` if nobody said."""

    _store: FileCheckpointStore
    _project: str
    _sources: Collection[str] | None
    _now_ms: Callable[[], int]

    @classmethod
    def of(
        cls, invocation: Invocation, project: str | None, now_ms: Callable[[], int]
    ) -> CheckpointFiles:
        """Return those of the project of that name, else of the one that the command is about."""
        store = FileCheckpointStore(Home(invocation.home).checkpoints, at_once, now_ms)
        if project is not None:
            return cls(store, project, None, now_ms)
        definition = project_of(invocation)
        return cls(store, definition.name, list(definition.sources), now_ms)

    def rows(self) -> list[dict[str, Any]]:
        """Return every checkpoint that is kept."""
        return [
            self._row(source, checkpoint, updated_at)
            for source, checkpoint, updated_at in result_of(self._store.list(self._project))
        ]

    def put(self, source: str, checkpoint: str) -> dict[str, Any]:
        """Set one, and return it."""
        self._check(source)
        result_of(self._store.save(self._project, source, checkpoint))
        return self._row(source, checkpoint, to_iso(self._now_ms()))

    def remove(self, source: str) -> bool:
        """Reset one, and say whether it was there."""
        existed = result_of(self._store.delete(self._project, source))
        if not existed:
            self._check(source)
        return existed

    def _check(self, source: str) -> None:
        if self._sources is not None and source not in self._sources:
            known = ", ".join(sorted(self._sources)) or "none"
            raise CommandFailed(
                f"project {self._project} has no source {source!r}",
                hint=f"its sources: {known}",
            )

    def _row(self, source: str, checkpoint: str, updated_at: str) -> dict[str, Any]:
        return {
            "source": source,
            "project": self._project,
            "checkpoint": checkpoint,
            "updated_at": updated_at,
        }
