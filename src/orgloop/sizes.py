"""Read and write sizes as people write them in YAML: ``100KB``, ``50MB``, ``1GB``."""

from __future__ import annotations

import re

from attrs import frozen

from orgloop.errors import InvalidValue

_UNITS = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "TB": 1000**4}
_UNITS |= {"KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
_WHOLE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?i?B)", re.IGNORECASE)


@frozen(order=True)
class Size:
    """A number of bytes. ``KB`` is 1000 of them, ``KiB`` 1024 (IEC 80000-13)."""

    bytes: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """Read ``text``; raise `InvalidValue` that says how a size is written."""
        match = _WHOLE.fullmatch(text.strip())
        unit = _UNITS.get(match[2].upper()) if match else None
        if match is None or unit is None:
            raise InvalidValue(
                f"{text!r} is not a size: write a number and a unit (B, KB, MB, GB), "
                "as in 100KB, 1GB"
            )
        return cls(round(float(match[1]) * unit))

    def __str__(self) -> str:
        for unit in ("TB", "GB", "MB", "KB"):
            if self.bytes >= _UNITS[unit] and self.bytes % _UNITS[unit] == 0:
                return f"{self.bytes // _UNITS[unit]}{unit}"
        return f"{self.bytes}B"
