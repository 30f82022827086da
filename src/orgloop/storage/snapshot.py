"""The snapshot of what runs, for `plan` to compare with and `status` to show afterwards."""

from __future__ import annotations

from pathlib import Path

import orjson

from orgloop.errors import StorageUnavailable
from orgloop.event import JSONObject
from orgloop.storage.atomic import write_atomically


def write_snapshot(path: Path, document: JSONObject) -> None:
    """Replace the snapshot. Blocks for two fsyncs."""
    write_atomically(path, orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


def read_snapshot(path: Path) -> JSONObject | None:
    """Return the last snapshot, `None` if there is none or it holds no JSON object."""
    try:
        document = orjson.loads(path.read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    except OSError as error:
        raise StorageUnavailable(f"{path} cannot be read: {error.strerror or error}") from error
    return document if isinstance(document, dict) else None
