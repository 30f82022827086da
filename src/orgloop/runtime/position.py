"""Where a source goes on from, whoever moves it: its polls, or a person."""

from __future__ import annotations

from attrs import define, field
from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from orgloop.errors import StorageDamaged
from orgloop.interfaces import ICheckpointStore


@define(eq=False)
class Position:
    """The checkpoint of one source of a running project.

    It is stored before it counts. What a person sets wins over a poll that began before that.
    """

    _log = Logger()

    project: str
    source: str
    _store: ICheckpointStore
    checkpoint: str | None = field(default=None, init=False)
    """`None` before `load`, too."""
    moves: int = field(default=0, init=False)
    """How often a person has set it."""
    _is_known: bool = field(default=False, init=False)
    _turn: DeferredLock = field(factory=DeferredLock, init=False)

    async def load(self) -> None:
        """Read the checkpoint, once. One that is damaged is reported, and polling starts over."""
        async with self._turn:
            if self._is_known:
                return
            try:
                self.checkpoint = await self._store.load(self.project, self.source)
            except StorageDamaged as error:
                self._log.error("{source} starts over: {error}", source=self.source, error=error)
            self._is_known = True

    async def advance(self, checkpoint: str, moves: int) -> None:
        """Go on from ``checkpoint``, unless a person has set another since there were ``moves``."""
        async with self._turn:
            if moves == self.moves:
                await self._keep(checkpoint)

    async def move(self, checkpoint: str | None) -> bool:
        """Go on from what a person says (`None`: start over); say whether that was not so before.

        Raises `StorageUnavailable` if it cannot be kept; then everything is as it was.
        """
        self.moves += 1  # at once: a poll that ends while the disk is busy comes too late
        async with self._turn:
            if checkpoint is None:
                was_there = await self._store.delete(self.project, self.source)
                self.checkpoint, self._is_known = None, True
                return was_there
            is_new = checkpoint != self.checkpoint
            await self._keep(checkpoint)
            return is_new

    async def _keep(self, checkpoint: str) -> None:
        if checkpoint == self.checkpoint and self._is_known:
            return
        await self._store.save(self.project, self.source, checkpoint)
        self.checkpoint, self._is_known = checkpoint, True
