"""What runs, written down for those who ask when it does not; and what ran before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import orjson
from attrs import define, field
from twisted.logger import Logger

from orgloop.errors import InvalidValue, StorageDamaged, StorageUnavailable
from orgloop.event import JSONObject
from orgloop.runtime.project import Project
from orgloop.runtime.state import describe
from orgloop.storage.home import Home
from orgloop.storage.snapshot import read_snapshot, write_snapshot
from orgloop.times import to_epoch_ms, to_iso


@define(eq=False)
class Snapshots:
    """Write the snapshot of a home, and know the one that the last runtime left."""

    _log = Logger()

    _home: Home
    _run_in_thread: Callable[..., Awaitable[Any]]
    _ran: Mapping[str, JSONObject] = field(factory=dict, init=False)

    async def read(self) -> None:
        """Look at what ran before; if that cannot be read, nothing is known of it."""
        try:
            before = await self._run_in_thread(read_snapshot, self._home.state)
        except (StorageDamaged, StorageUnavailable):
            return
        if before is not None:
            self._ran = {one["name"]: one for one in before["projects"]}

    def routes_since(self, described: JSONObject, now_ms: int) -> int:
        """Return since when a project's routes want what they want: from its start, or before."""
        before = self._ran.get(described["name"], {})
        if _wants(before) != orjson.loads(orjson.dumps(_wants(described))):
            return now_ms
        try:
            return min(now_ms, to_epoch_ms(str(before.get("routes_since"))))
        except InvalidValue:
            return now_ms

    async def write(self, projects: Iterable[Project], **others: Any) -> None:
        """Replace the snapshot; ``others`` is what it says besides."""
        document = {**others, "projects": [_described(project) for project in projects]}
        try:
            await self._run_in_thread(write_snapshot, self._home.state, document)
        except StorageUnavailable as error:
            self._log.warn("the snapshot cannot be written: {error}", error=error)


def _described(project: Project) -> JSONObject:
    return {**describe(project.definition), "routes_since": to_iso(project.routes_since_ms)}


def _wants(described: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what each route listens to; nothing of a project that is not known."""
    routes = described.get("routes")
    known = routes.items() if isinstance(routes, dict) else ()
    return {name: one.get("when") for name, one in known if isinstance(one, dict)}
