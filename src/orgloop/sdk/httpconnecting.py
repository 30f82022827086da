"""Open connections for the HTTP client: names, addresses, TLS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field
from twisted.internet import defer
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.error import ConnectError
from twisted.internet.protocol import Factory

from orgloop.errors import ConnectionRefused, RequestFailed
from orgloop.sdk.addresses import is_public, resolve
from orgloop.sdk.httpconnection import Connection
from orgloop.sdk.urls import Target


@define(eq=False)
class Connector:
    """Open one connection at a time to wherever a URL points."""

    _reactor: Any
    _tls: dict[str, Any] = field(factory=dict, init=False, repr=False)

    async def connect(
        self,
        target: Target,
        lost: Callable[[Connection], None],
        *,
        allow_private: bool,
        timeout_seconds: float,
    ) -> Connection:
        """Return a connection that can carry a request; ``lost`` is called when it is gone again.

        Raises `RequestFailed`, or `ConnectionRefused` as `IHTTPClient.request` does.
        """
        connection = Connection(target.scheme == "https", lost)
        opening = defer.Deferred.fromCoroutine(self._open(target, connection, allow_private))
        try:
            await opening.addTimeout(timeout_seconds, self._reactor)
        except defer.TimeoutError as error:
            message = f"no connection within {timeout_seconds:g} s"
            raise RequestFailed(message, maybe_sent=False) from error
        except (ConnectError, OSError, ValueError) as error:
            message = f"cannot connect: {str(error).rstrip('.') or type(error).__name__}"
            raise RequestFailed(message, maybe_sent=False) from error
        return connection

    async def _open(self, target: Target, connection: Connection, allow_private: bool) -> None:
        endpoint = await self._endpoint(target, allow_private)
        try:
            await endpoint.connect(_Once(connection))
            await connection.ready
        except BaseException:
            connection.abort()
            raise

    async def _endpoint(self, target: Target, allow_private: bool) -> Any:
        # Imported late: the TLS library that comes along is large.
        from twisted.internet import endpoints

        if target.is_unix:
            if not allow_private:
                raise ConnectionRefused(f"{target.origin} is a socket of this machine")
            return endpoints.UNIXClientEndpoint(self._reactor, target.host)
        address = target.host if allow_private else await self._public_address(target)
        # A name may have several addresses, and all are tried; that takes longer than one address.
        if isIPv6Address(address):
            endpoint: Any = endpoints.TCP6ClientEndpoint(self._reactor, address, target.port)
        elif isIPAddress(address):
            endpoint = endpoints.TCP4ClientEndpoint(self._reactor, address, target.port)
        else:
            endpoint = endpoints.HostnameEndpoint(self._reactor, address, target.port)
        if target.scheme == "https":
            return endpoints.wrapClientTLS(self._tls_options(target.host), endpoint)
        return endpoint

    async def _public_address(self, target: Target) -> str:
        """Resolve a name once; what is checked is what is connected to."""
        addresses = [
            str(address.host) for address in await resolve(self._reactor, target.host, target.port)
        ]
        if not addresses:
            raise RequestFailed("its host name is unknown", maybe_sent=False)
        for address in addresses:
            if not is_public(address):
                raise ConnectionRefused(
                    f"{target.origin} is at {address}, which is not a public address; "
                    "set allow_private: true if it may be called"
                )
        return addresses[0]

    def _tls_options(self, host: str) -> Any:
        if host not in self._tls:
            from twisted.internet.ssl import optionsForClientTLS

            self._tls[host] = optionsForClientTLS(host)
        return self._tls[host]


@define(eq=False)
class _Once(Factory):
    """Build the one protocol it was given."""

    _connection: Connection
    noisy = False

    def buildProtocol(self, addr: Any) -> Connection:
        return self._connection
