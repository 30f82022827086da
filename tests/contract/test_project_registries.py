"""Every project registry passes the suite of its interface."""

from __future__ import annotations

from orgloop.interfaces import IProjectRegistry
from orgloop.runtime.registry import LocalRegistry
from orgloop.testing.memory import MemoryProjectRegistry
from orgloop.testing.project_registry import ProjectRegistrySuite


class TestLocalRegistry(ProjectRegistrySuite):
    async def open(self) -> IProjectRegistry:
        return LocalRegistry()


class TestMemoryProjectRegistry(ProjectRegistrySuite):
    async def open(self) -> IProjectRegistry:
        return MemoryProjectRegistry()
