"""The conformance suite of `IProjectRegistry`.

    class TestMyRegistry(ProjectRegistrySuite):
        async def open(self):
            return MyRegistry()

Needs pytest-twisted.
"""

from __future__ import annotations

import pytest
from zope.interface.verify import verifyObject

from orgloop.errors import OrgLoopError
from orgloop.interfaces import IProjectRegistry
from orgloop.testing.asynchronous import async_test


class ProjectRegistrySuite:
    """What every registry does. A subclass says how an empty one is opened."""

    async def open(self) -> IProjectRegistry:
        """Return a registry without a project."""
        raise NotImplementedError

    @async_test
    async def test_it_provides_the_interface(self) -> None:
        assert verifyObject(IProjectRegistry, await self.open())

    @async_test
    async def test_it_tells_what_was_registered(self) -> None:
        registry = await self.open()
        await registry.register("b", {"routes": 2})
        await registry.register("a", {"routes": 1})
        assert await registry.names() == ["a", "b"]
        assert await registry.lookup("b") == {"routes": 2}

    @async_test
    async def test_what_is_not_there_is_not_found(self) -> None:
        registry = await self.open()
        assert await registry.names() == []
        assert await registry.lookup("nobody") is None
        await registry.unregister("nobody")

    @async_test
    async def test_a_name_is_taken_once(self) -> None:
        registry = await self.open()
        await registry.register("a", {"routes": 1})
        with pytest.raises(OrgLoopError, match="a"):
            await registry.register("a", {"routes": 2})
        assert await registry.lookup("a") == {"routes": 1}

    @async_test
    async def test_a_description_can_be_replaced(self) -> None:
        registry = await self.open()
        await registry.register("a", {"routes": 1})
        await registry.update("a", {"sources": 3})
        assert await registry.lookup("a") == {"sources": 3}

    @async_test
    async def test_a_name_that_was_withdrawn_is_free_again(self) -> None:
        registry = await self.open()
        await registry.register("a", {"routes": 1})
        await registry.unregister("a")
        assert await registry.lookup("a") is None
        await registry.register("a", {"routes": 2})
        assert await registry.lookup("a") == {"routes": 2}
