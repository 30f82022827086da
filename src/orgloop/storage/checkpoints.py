"""Where polling resumes: one small JSON file per source."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from attrs import field, frozen
from twisted.internet.defer import Deferred
from zope.interface import implementer

from orgloop.errors import StorageDamaged, StorageUnavailable
from orgloop.interfaces import ICheckpointStore
from orgloop.storage.atomic import sync_directory, write_atomically
from orgloop.storage.names import file_name, name_of
from orgloop.storage.plainfile import read_plain_file
from orgloop.times import to_iso

P = ParamSpec("P")
T = TypeVar("T")


@implementer(ICheckpointStore)
@frozen
class FileCheckpointStore:
    """See `ICheckpointStore`. ``run_in_thread`` does blocking work (`Worker.run`)."""

    directory: Path
    _run_in_thread: Callable[..., Deferred[Any]] = field(repr=False)
    _now_ms: Callable[[], int] = field(repr=False)

    async def load(self, project: str, source: str) -> str | None:
        """See `ICheckpointStore.load`."""
        path = self._path(project, source)
        found: str | None = await self._run_in_thread(self._load, path, source)
        return found

    async def save(self, project: str, source: str, checkpoint: str) -> None:
        """See `ICheckpointStore.save`."""
        document = {"checkpoint": checkpoint, "updated_at": to_iso(self._now_ms())}
        path = self._path(project, source)
        if name_of(path.stem) is None:
            document["source"] = source
        # The standard library writes any string; orjson refuses lone surrogates.
        content = json.dumps(document).encode() + b"\n"
        await self._run_in_thread(_save, path, content)

    async def delete(self, project: str, source: str) -> bool:
        """See `ICheckpointStore.delete`."""
        was_there: bool = await self._run_in_thread(_delete, self._path(project, source))
        return was_there

    async def list(self, project: str) -> list[tuple[str, str, str]]:
        """See `ICheckpointStore.list`. Those that cannot be read are left out."""
        found: list[tuple[str, str, str]] = await self._run_in_thread(
            _list, self.directory / file_name(project)
        )
        return found

    def _path(self, project: str, source: str) -> Path:
        return self.directory / file_name(project) / f"{file_name(source)}.json"

    def _load(self, path: Path, source: str) -> str | None:
        try:
            return read_checkpoint(path)["checkpoint"]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unavailable(path, error) from error
        except ValueError as error:
            aside = put_aside(path, self._now_ms())
            raise StorageDamaged(
                f"the checkpoint of source {source} could not be read ({error}) and was set aside "
                f"as {aside}: the source starts over; `orgloop checkpoint set` gives it a position"
            ) from error


def put_aside(path: Path, now_ms: int) -> Path:
    """Give a file that cannot be read another name; return it."""
    aside = path.with_name(f"{path.name}.damaged-{now_ms}")
    try:
        path.rename(aside)
    except OSError as error:
        raise _unavailable(path, error) from error
    return aside


def read_checkpoint(path: Path) -> dict[str, str]:
    """Return a checkpoint file's document; raise `ValueError` if it is none."""
    document = json.loads(read_plain_file(path))
    if not isinstance(document, dict) or not isinstance(document.get("checkpoint"), str):
        raise ValueError("it holds no checkpoint")
    return document


def _save(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unavailable(path, error) from error
    write_atomically(path, content)


def _delete(path: Path) -> bool:
    try:
        path.unlink()
        sync_directory(path.parent)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unavailable(path, error) from error
    return True


def _list(directory: Path) -> list[tuple[str, str, str]]:
    found = []
    for path in sorted(directory.glob("[!.]*.json")):
        try:
            document = read_checkpoint(path)
        except (OSError, ValueError):
            continue
        name = document.get("source") or name_of(path.stem) or path.stem
        found.append((name, document["checkpoint"], document.get("updated_at", "")))
    return sorted(found)


def _unavailable(path: Path, error: OSError) -> StorageUnavailable:
    return StorageUnavailable(f"the checkpoint {path} cannot be used: {error.strerror or error}")
