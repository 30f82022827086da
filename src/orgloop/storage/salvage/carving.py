"""Find events in the bytes of a page whose structure is broken.

The body of an event begins with its id and ends where its JSON does, and its checksum stands right
behind it: that is enough to know one when it is seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from zlib import crc32

_BEGINNING = re.compile(rb'\{"id":"evt_')
_CHECKSUM_BYTES = (4, 6, 3, 2, 1)  # how long SQLite writes a number of 32 bits
_decoder = json.JSONDecoder()


def carved(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the bodies of events in ``content``, with their checksums, which are right."""
    for found in _BEGINNING.finditer(content):
        body = _body(content[found.start() :])
        crc = crc32(body)
        end = found.start() + len(body)
        if any(content[end : end + size] == _written(crc, size) for size in _CHECKSUM_BYTES):
            yield body, crc


def _body(content: bytes) -> bytes:
    # What follows the body need not be text: one character is taken for each byte.
    text = content.decode("latin-1")
    try:
        _, end = _decoder.raw_decode(text)
    except (ValueError, RecursionError):
        return b""
    return content[:end]


def _written(crc: int, size: int) -> bytes | None:
    try:
        return crc.to_bytes(size, "big", signed=True)
    except OverflowError:
        return None
