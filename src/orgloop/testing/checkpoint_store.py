"""The conformance suite of `ICheckpointStore`.

    class TestMyStore(CheckpointStoreSuite):
        async def open(self, directory):
            return MyStore(directory)

Needs pytest-twisted.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from zope.interface.verify import verifyObject

from orgloop.interfaces import ICheckpointStore
from orgloop.testing.asynchronous import async_test
from orgloop.times import to_epoch_ms

NAMES = ["source", "a/b", "..", ".", "ünï cödé", "a.json", "%2E", "~", "日" * 66, "x" * 200]
"""Names that a store must tell apart, whatever it makes of them."""


class CheckpointStoreSuite:
    """What every checkpoint store does. A subclass says how one is opened."""

    async def open(self, directory: Path) -> ICheckpointStore:
        """Open the store that lives in ``directory``."""
        raise NotImplementedError

    @async_test
    async def test_it_provides_the_interface(self, tmp_path: Path) -> None:
        assert verifyObject(ICheckpointStore, await self.open(tmp_path))

    @async_test
    async def test_there_is_none_at_first(self, tmp_path: Path) -> None:
        store = await self.open(tmp_path)
        assert await store.load("project", "source") is None
        assert await store.list("project") == []

    @async_test
    async def test_the_last_one_saved_is_loaded(self, tmp_path: Path) -> None:
        store = await self.open(tmp_path)
        await store.save("project", "source", "first")
        await store.save("project", "source", "second")
        assert await (await self.open(tmp_path)).load("project", "source") == "second"

    @pytest.mark.parametrize("checkpoint", ["", "\n", '{"a": "ü"}', "\ud800", "x" * 100_000])
    @async_test
    async def test_any_text_is_kept(self, tmp_path: Path, checkpoint: str) -> None:
        store = await self.open(tmp_path)
        await store.save("project", "source", checkpoint)
        assert await store.load("project", "source") == checkpoint

    @async_test
    async def test_names_are_told_apart(self, tmp_path: Path) -> None:
        store = await self.open(tmp_path)
        for project in NAMES:
            for source in NAMES:
                await store.save(project, source, f"{project} {source}")
        for project in NAMES:
            found = await store.list(project)
            assert [(source, text) for source, text, _ in found] == sorted(
                (source, f"{project} {source}") for source in NAMES
            )

    @async_test
    async def test_the_list_says_when(self, tmp_path: Path) -> None:
        store = await self.open(tmp_path)
        await store.save("project", "source", "text")
        [(source, text, updated_at)] = await store.list("project")
        assert (source, text) == ("source", "text")
        assert to_epoch_ms(updated_at) >= 0

    @async_test
    async def test_a_deleted_one_is_gone(self, tmp_path: Path) -> None:
        store = await self.open(tmp_path)
        await store.save("project", "source", "text")
        await store.save("other", "source", "text")
        assert await store.delete("project", "source")
        assert not await store.delete("project", "source")
        assert await store.load("project", "source") is None
        assert await store.load("other", "source") == "text"
