"""Write the names of projects and sources as file names, and read them back."""

from __future__ import annotations

from hashlib import blake2b
from urllib.parse import quote, unquote

# A name has up to 200 bytes, its percent-encoding up to 600; a file name has at most 255, and
# endings and temporary names are added to it.
_LONGEST = 180
_KEPT = 140
_MARK = "~"  # stands in no encoded name


def file_name(name: str) -> str:
    """Return ``name`` percent-encoded, ``.`` and ``/`` included; one too long ends in a digest."""
    encoded = quote(name, safe="").replace(".", "%2E").replace(_MARK, "%7E")
    if len(encoded) <= _LONGEST:
        return encoded
    digest = blake2b(name.encode(), digest_size=16).hexdigest()
    return encoded[:_KEPT] + _MARK + digest


def name_of(encoded: str) -> str | None:
    """Return the name that `file_name` encoded, `None` if it was too long to be read back."""
    return None if _MARK in encoded else unquote(encoded)
