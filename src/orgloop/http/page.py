"""The files of the dashboard: they hold no data, so anyone on this machine may have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from attrs import define, field, frozen
from twisted.logger import Logger
from twisted.web.http_headers import Headers

from orgloop.http.answer import Answer

_INDEX = "index.html"
_ROOM = b"/ui/"
_TYPES: Mapping[str, bytes] = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
}
"""What is served, by its suffix: anything else in the directory is not."""
_POLICY = b"; ".join(
    (
        b"default-src 'none'",
        b"script-src 'self'",
        b"style-src 'self'",
        b"connect-src 'self'",
        b"img-src 'self' data:",
        b"base-uri 'none'",
        b"form-action 'none'",
        b"frame-ancestors 'none'",
    )
)
_HEADERS = (
    (b"Content-Security-Policy", _POLICY),
    (b"Referrer-Policy", b"no-referrer"),
    (b"Cross-Origin-Opener-Policy", b"same-origin"),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
)


@frozen
class File:
    """One file, as it was when the page was read."""

    content: bytes = field(repr=False)
    content_type: bytes

    def answer(self, headers: Headers) -> Answer:
        """Return the file, or that what the reader has of it is still right."""
        tag = b'"%b"' % sha256(self.content).hexdigest()[:32].encode("ascii")
        is_known = _names(headers.getRawHeaders(b"If-None-Match") or (), tag)
        return Answer(
            self.content,
            304 if is_known else 200,
            self.content_type,
            ((b"ETag", tag), *_HEADERS),
            cache=b"no-cache",
        )


@define
class Page:
    """The page at ``/`` and its parts under ``/ui/``; nothing at all without an ``index.html``.

    Each path names a file by its whole name. No part of a path is ever looked up on disk, so none
    leads out of the directory.
    """

    _log = Logger()

    _directory: Traversable = field(factory=lambda: files("orgloop.http") / "ui")
    _files: Mapping[bytes, File] | None = field(default=None, init=False)

    def read(self) -> None:
        """Read the files, all at once and once for all: in a thread, when there is time.

        Where they cannot be read there is no page; everything else goes on without it.
        """
        if self._files is not None:
            return
        try:
            self._files = _read(self._directory)
        except OSError as error:
            self._log.warn("the files of the dashboard cannot be read: {error}", error=error)
            self._files = {}

    def file(self, path: bytes) -> File | None:
        """Return what is at a path. Who asks before anybody has read the files reads them."""
        self.read()
        return (self._files or {}).get(path)


def _read(directory: Traversable) -> dict[bytes, File]:
    if not (directory / _INDEX).is_file():
        return {}
    found = {
        _ROOM + one.name.encode(): File(one.read_bytes(), _TYPES[suffix])
        for one in directory.iterdir()
        if (suffix := one.name[one.name.rfind(".") :]) in _TYPES and one.is_file()
    }
    return {b"/": found[_ROOM + _INDEX.encode()], **found}


def _names(given: Sequence[bytes], tag: bytes) -> bool:
    """Whether ``If-None-Match`` names a tag; a weak one means the same here."""
    tags = [one.strip().removeprefix(b"W/") for value in given for one in value.split(b",")]
    return tag in tags or b"*" in tags
