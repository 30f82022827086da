"""Read paths. They mean what they say: nothing is folded, an encoded slash separates nothing."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes


def lies_under(path: bytes, room: bytes) -> bool:
    """Whether a path is ``room`` itself or something in it."""
    return path == room or path.startswith(room + b"/")


def parts_of(path: bytes) -> list[str] | None:
    """Return the decoded parts of a path that begins with ``/``, `None` if it is not UTF-8."""
    try:
        return [unquote_to_bytes(part).decode("utf-8") for part in path[1:].split(b"/")]
    except UnicodeDecodeError:
        return None
