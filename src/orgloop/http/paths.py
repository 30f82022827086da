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


def origin_form(target: bytes, host: bytes) -> bytes | None:
    """Return the path and query of a request target, `None` if it is not for this server."""
    if target.startswith(b"/"):
        return target
    scheme, separator, rest = target.partition(b"://")
    if not separator or scheme.lower() not in (b"http", b"https"):
        return None
    authority, slash, path = rest.partition(b"/")
    if not authority or authority.lower() != host.lower():
        return None
    return slash + path if slash else b"/"
