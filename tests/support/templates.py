"""Run a template of ``orgloop init``, or another project, against stand-ins on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from twisted.internet.threads import deferToThread

from orgloop.config.load import Loaded, load_project
from orgloop.plugins.catalogue import Catalogue
from support.process import RuntimeProcess
from support.waiting import until

TEMPLATES = Path(__file__).parents[2] / "src" / "orgloop" / "cli" / "templates"


class TemplateRun:
    """A copy of one template and its runtime; the test's own reactor goes on turning meanwhile.

    ``name`` is a template's name, or the path of another project.
    """

    def __init__(self, name: str | Path, place: Path, **environ: str) -> None:
        self.project = place / Path(name).name
        self.environ = {"HOME": str(place), **environ}
        self.home = place / "home"
        shutil.copytree(TEMPLATES / name, self.project)
        self.runtime = RuntimeProcess(self.project, self.home, **self.environ)

    def load(self) -> Loaded:
        """Load the project as ``orgloop validate`` does."""
        return load_project(
            self.project,
            environ=self.environ,
            home=self.home,
            catalogue=Catalogue(),
            strict=True,
        )

    async def start(self) -> None:
        await deferToThread(self.runtime.start)

    async def stop(self) -> None:
        await deferToThread(self.runtime.stop)

    async def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Post what a webhook or a hook would."""
        status, answer = await deferToThread(self.runtime.request, "POST", path, body, headers)
        assert status == 200, answer

    async def settled(self, route: str, count: int = 1) -> list[dict[str, Any]]:
        """Return the deliveries of a route, newest first, once so many are settled."""
        path = f"/api/deliveries?route={route}&state=delivered,rejected,dead,dropped,skipped"

        def look() -> Any:
            found = self.runtime.get(path)
            return found if len(found) >= count else None

        return await self.waited(look, f"{count} settled deliveries of {route}")

    async def waited(self, look: Callable[[], Any], what: str) -> Any:
        """Return what ``look`` returns once that is true."""
        return await deferToThread(until, look, what)
