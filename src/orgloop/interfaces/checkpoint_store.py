"""The checkpoint store: where polling resumes."""

from __future__ import annotations

from zope.interface import Interface


class ICheckpointStore(Interface):
    """Where polling resumes, per project and source."""

    async def load(project: str, source: str) -> str | None:
        """Return the checkpoint, `None` if there is none.

        One that cannot be read is set aside under another name and reported with `StorageDamaged`.
        """

    async def save(project: str, source: str, checkpoint: str) -> None:
        """Replace the checkpoint atomically; it is durable when this returns."""

    async def delete(project: str, source: str) -> bool:
        """Forget the checkpoint, so that the source starts over; say whether there was one."""

    async def list(project: str) -> list[tuple[str, str, str]]:
        """Return (source, checkpoint, updated_at as ISO 8601) of a project's sources."""
