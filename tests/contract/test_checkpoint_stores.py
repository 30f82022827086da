"""Every checkpoint store passes the suite of its interface."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.threads import deferToThread

from orgloop.interfaces import ICheckpointStore
from orgloop.storage.checkpoints import FileCheckpointStore
from orgloop.testing.checkpoint_store import CheckpointStoreSuite


class TestFileCheckpointStore(CheckpointStoreSuite):
    async def open(self, directory: Path) -> ICheckpointStore:
        return FileCheckpointStore(directory, deferToThread, lambda: 1_000)
