"""Take apart what a command in a container wrote.

Without a terminal the engine sends frames: the number of the stream, three zeros, the length in
four bytes, big-endian, and then as many bytes
(https://docs.docker.com/reference/api/engine, Container attach, Stream format).
"""

from __future__ import annotations

import struct

_HEAD = struct.Struct(">BxxxI")
_MAX_LOGGED = 8192


def text_of(stream: bytes) -> str:
    """Return both outputs, as they came, as text; the last of it, if there is much."""
    return joined(stream)[-_MAX_LOGGED:].decode("utf-8", "replace").rstrip()


def joined(stream: bytes) -> bytes:
    """Return the contents of all frames; a frame that is cut off ends where it does."""
    parts, at = [], 0
    while at + _HEAD.size <= len(stream):
        _, size = _HEAD.unpack_from(stream, at)
        parts.append(stream[at + _HEAD.size : at + _HEAD.size + size])
        at += _HEAD.size + size
    return b"".join(parts)


def framed(content: bytes, number: int = 1) -> bytes:
    """Return one frame, as the engine writes it."""
    return _HEAD.pack(number, len(content)) + content
