"""The project registry: which projects run where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zope.interface import Interface


class IProjectRegistry(Interface):
    """Which projects run where. Asynchronous, and nothing in it is local.

    A project's name is globally meaningful. What is registered is a description, not an object.
    """

    async def register(name: str, description: Mapping[str, Any]) -> None:
        """Announce a project; raises `OrgLoopError` if the name is taken."""

    async def update(name: str, description: Mapping[str, Any]) -> None:
        """Replace what is announced of a project."""

    async def unregister(name: str) -> None:
        """Withdraw a project; one that is not there is not an error."""

    async def lookup(name: str) -> Mapping[str, Any] | None:
        """Return what is announced of a project."""

    async def names() -> list[str]:
        """Return the names of all projects, sorted."""
