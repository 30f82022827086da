"""The HTTP client that the runtime lends to plugins."""

from __future__ import annotations

from collections.abc import Mapping

from zope.interface import Interface

from orgloop.reports import HTTPResponse


class IHTTPClient(Interface):
    """An HTTP/1.1 client that keeps its connections."""

    async def request(
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_seconds: float = 30.0,
        allow_private: bool = True,
        max_body_bytes: int = 10_000_000,
    ) -> HTTPResponse:
        """Send one request and return the whole answer, whatever its status.

        Besides ``http`` and ``https`` there is ``http+unix``, with the path of a socket, percent-
        encoded, where a host would stand.
        Redirects are not followed. Raises `RequestFailed` when there is no answer (``maybe_sent``
        says whether the request may have arrived) or one with a body of more than
        ``max_body_bytes`` (it has the ``status``), `InvalidValue` for a URL or header that cannot
        be sent, and `ConnectionRefused` when ``allow_private`` is false and the host resolves to a
        private, loopback or link-local address. Cancelling closes the connection. A request is sent
        again only when it provably never reached the server.
        """

    async def close() -> None:
        """Close every connection; requests under way fail, and so do later ones."""
