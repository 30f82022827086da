"""The snapshot of what runs, for `plan` to compare with and `status` to show afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from orgloop.errors import StorageDamaged, StorageUnavailable
from orgloop.event import JSONObject
from orgloop.storage.atomic import write_atomically
from orgloop.storage.plainfile import read_plain_file


def write_snapshot(path: Path, document: JSONObject) -> None:
    """Replace the snapshot. Blocks for two fsyncs."""
    write_atomically(path, orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


def read_snapshot(path: Path) -> JSONObject | None:
    """Return the last snapshot, `None` if there is none.

    It has ``written_at`` and ``projects``, each with its ``name``; what else a project says is not
    looked at. Raises `StorageDamaged` for anything else, `StorageUnavailable` if it cannot be read.
    """
    try:
        document = orjson.loads(read_plain_file(path))
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError:
        document = None
    except OSError as error:
        raise StorageUnavailable(f"{path} cannot be read: {error.strerror or error}") from error
    if not _is_snapshot(document):
        raise StorageDamaged(f"{path} is damaged; the next start writes it anew")
    found: JSONObject = document
    return found


def _is_snapshot(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("written_at"), str):
        return False
    projects = document.get("projects")
    return isinstance(projects, list) and all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in projects
    )
