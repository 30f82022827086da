"""The index of a write-ahead log (the ``-shm`` file), as a process that was killed left it."""

from __future__ import annotations

import struct
import sys

from attrs import frozen

from orgloop.storage.salvage.rawfile import RawFile
from orgloop.storage.salvage.walfile import checksum

_HEADER = struct.Struct("=IIIBBHII8s8s8s")
_SUMS = struct.Struct("=II")
_CHECKPOINTED = struct.Struct("=I")
_VERSION = 3007000
_NATIVE = "<" if sys.byteorder == "little" else ">"


@frozen
class WalIndex:
    """What was committed to a write-ahead log, as far as its last writer knew."""

    last_frame: int
    """The last frame of the last commit. It was synced before it was noted here."""
    salts: bytes
    """Of the generation that this is about."""
    checkpointed: int
    """Up to which frame everything is in the database file, and synced."""

    @classmethod
    def of(cls, file: RawFile | None) -> WalIndex | None:
        """Return what the index says; `None` if it was never filled, or caught while changing."""
        size = _HEADER.size
        content = b"" if file is None else file.read(0, 2 * size + _CHECKPOINTED.size)
        if len(content) < 2 * size + _CHECKPOINTED.size or content[:size] != content[size:][:size]:
            return None
        version, _, _, is_filled, _, _, last, _, _, salts, written = _HEADER.unpack_from(content)
        sums = checksum(content[: size - _SUMS.size], _NATIVE)
        if version != _VERSION or not is_filled or sums != _SUMS.unpack(written):
            return None
        (checkpointed,) = _CHECKPOINTED.unpack_from(content, 2 * size)
        return cls(last, salts, checkpointed)
