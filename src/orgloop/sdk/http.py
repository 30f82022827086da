"""The HTTP client that plugins are lent: persistent connections, bounded in every direction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen
from twisted.internet.interfaces import IDelayedCall
from zope.interface import implementer

from orgloop.errors import RequestFailed
from orgloop.interfaces import IHTTPClient
from orgloop.reports import HTTPResponse
from orgloop.sdk.httpconnecting import Connector
from orgloop.sdk.httpconnection import Connection
from orgloop.sdk.requesthead import request_head
from orgloop.sdk.urls import Target, parse_any_url

_IDLE_SECONDS = 60.0
_SWEEP_SECONDS = 15.0
_MAX_IDLE_PER_ORIGIN = 64
_MAX_OPEN_TO_KEEP = 512

_KEEP_ALIVE_TIMEOUT = re.compile(r"timeout\s*=\s*\"?(\d{1,6})", re.IGNORECASE)


@frozen
class _Key:
    """What two requests must have in common to share a connection."""

    scheme: str
    host: str
    port: int
    allow_private: bool


@implementer(IHTTPClient)
@define(eq=False)
class HTTPClient:
    """Send requests over connections that stay open; see `IHTTPClient`.

    A request goes out twice only where the kernel knows beforehand that the server has closed an
    idle connection: then nothing was written to it, and another connection is taken.
    """

    _reactor: Any
    _connector: Connector = field(init=False, repr=False)
    _idle: dict[_Key, list[Connection]] = field(factory=dict, init=False, repr=False)
    _open: set[Connection] = field(factory=set, init=False, repr=False)
    _sweep: IDelayedCall | None = field(default=None, init=False, repr=False)
    _is_closed: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._connector = Connector(self._reactor)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_seconds: float = 30.0,
        allow_private: bool = True,
        max_body_bytes: int = 10_000_000,
    ) -> HTTPResponse:
        """See `IHTTPClient.request`."""
        target = parse_any_url(url)
        head = request_head(method, target, headers or {}, len(body))
        key = _Key(target.scheme, target.host, target.port, allow_private)
        deadline = self._reactor.seconds() + timeout_seconds
        try:
            connection = self._idle_connection(key)
            if connection is None:
                connection = await self._new_connection(key, target, timeout_seconds)
            limit = self._reactor.callLater(
                max(0.0, deadline - self._reactor.seconds()),
                connection.abort,
                f"no answer within {timeout_seconds:g} s",
            )
            try:
                response = await connection.send(head, body, method == "HEAD", max_body_bytes)
            finally:
                if limit.active():
                    limit.cancel()
        except RequestFailed as failed:
            message = f"{method} {target.origin}: {failed}"
            raise RequestFailed(
                message, maybe_sent=failed.maybe_sent, status=failed.status
            ) from failed
        self._keep(key, connection, response)
        return response

    async def close(self) -> None:
        """Close every connection; requests under way fail, later ones too."""
        self._is_closed = True
        self._idle.clear()
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for connection in tuple(self._open):
            connection.abort("the client was closed")

    def _idle_connection(self, key: _Key) -> Connection | None:
        idle = self._idle.get(key)
        while idle:
            connection = idle.pop()
            if connection.is_alive():
                return connection
            connection.abort()
        return None

    async def _new_connection(
        self, key: _Key, target: Target, timeout_seconds: float
    ) -> Connection:
        self._check_open()
        connection = await self._connector.connect(
            target,
            self._forget,
            allow_private=key.allow_private,
            timeout_seconds=timeout_seconds,
        )
        self._open.add(connection)
        try:
            self._check_open()
        except RequestFailed:
            connection.abort()
            raise
        return connection

    def _check_open(self) -> None:
        if self._is_closed:
            raise RequestFailed("the client is closed", maybe_sent=False)

    def _keep(self, key: _Key, connection: Connection, response: HTTPResponse) -> None:
        if not connection.is_reusable or connection not in self._open:
            return
        idle = self._idle.setdefault(key, [])
        is_full = len(idle) >= _MAX_IDLE_PER_ORIGIN or len(self._open) > _MAX_OPEN_TO_KEEP
        if is_full or self._is_closed:
            connection.abort()
            return
        connection.idle_until = self._reactor.seconds() + _idle_seconds(response)
        idle.append(connection)
        if self._sweep is None:
            self._sweep = self._reactor.callLater(_SWEEP_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        """Close what has been idle for long. One timer for all, none while nothing is idle."""
        self._sweep = None
        now = self._reactor.seconds()
        for key, idle in list(self._idle.items()):
            for connection in idle:
                if connection.idle_until <= now:
                    connection.abort()
            kept = [connection for connection in idle if connection.idle_until > now]
            if kept:
                self._idle[key] = kept
            else:
                del self._idle[key]
        if self._idle:
            self._sweep = self._reactor.callLater(_SWEEP_SECONDS, self._close_idle)

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        for idle in self._idle.values():
            if connection in idle:
                idle.remove(connection)
                return


def _idle_seconds(response: HTTPResponse) -> float:
    """Return how long a connection may lie idle: a little less than the server says it keeps it."""
    match = _KEEP_ALIVE_TIMEOUT.search(response.headers.get("keep-alive", ""))
    return _IDLE_SECONDS if match is None else min(_IDLE_SECONDS, int(match[1]) - 1.0)
