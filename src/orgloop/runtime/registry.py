"""Know which projects run in this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field
from zope.interface import implementer

from orgloop.errors import OrgLoopError
from orgloop.interfaces import IProjectRegistry


@implementer(IProjectRegistry)
@define(eq=False)
class LocalRegistry:
    """A registry in memory, for one runtime; see `IProjectRegistry`."""

    _projects: dict[str, Mapping[str, Any]] = field(factory=dict, init=False)

    async def register(self, name: str, description: Mapping[str, Any]) -> None:
        """See `IProjectRegistry.register`."""
        if name in self._projects:
            raise OrgLoopError(f"a project named {name!r} is loaded already; unload it first")
        self._projects[name] = dict(description)

    async def update(self, name: str, description: Mapping[str, Any]) -> None:
        """See `IProjectRegistry.update`."""
        self._projects[name] = dict(description)

    async def unregister(self, name: str) -> None:
        """See `IProjectRegistry.unregister`."""
        self._projects.pop(name, None)

    async def lookup(self, name: str) -> Mapping[str, Any] | None:
        """See `IProjectRegistry.lookup`."""
        return self._projects.get(name)

    async def names(self) -> list[str]:
        """See `IProjectRegistry.names`."""
        return sorted(self._projects)
