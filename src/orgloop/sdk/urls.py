"""Take an HTTP URL apart into what a request needs."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from attrs import frozen

from orgloop.errors import InvalidValue

_DEFAULT_PORTS = {"http": 80, "https": 443}
UNIX_SCHEME = "http+unix"
# What may stand in a path or query as it is (RFC 3986), and "%": what is encoded stays encoded.
_AS_IT_IS = "%/?:@!$&'()*+,;=-._~[]"


@frozen
class Target:
    """Where a request goes. ``origin`` may be shown; the path may hold a secret and may not."""

    scheme: str
    host: str
    """In ASCII; an IPv6 address without its brackets; the path of a UNIX socket."""
    port: int
    path: str
    """Path and query, percent-encoded."""
    origin: str

    @property
    def host_header(self) -> str:
        return "localhost" if self.is_unix else self.origin.partition("://")[2]

    @property
    def is_unix(self) -> bool:
        """Whether it is a UNIX socket on this machine."""
        return self.scheme == UNIX_SCHEME


@lru_cache(maxsize=1024)
def parse_url(url: str) -> Target:
    """Take ``url`` apart; raise `InvalidValue` for what is no absolute http or https URL.

    The message does not repeat the URL, which may hold a secret.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise InvalidValue(f"not a URL: {error}") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise InvalidValue("not an absolute http:// or https:// URL")
    if parts.username is not None or parts.password is not None:
        raise InvalidValue("a URL with a user name or password in it: give them as credentials")
    host = _ascii_host(parts.hostname)
    shown = f"[{host}]" if ":" in host else host
    default = _DEFAULT_PORTS[parts.scheme]
    netloc = shown if port in (None, default) else f"{shown}:{port}"
    path = quote(parts.path or "/", safe=_AS_IT_IS)
    if parts.query:
        path += "?" + quote(parts.query, safe=_AS_IT_IS)
    origin = f"{parts.scheme}://{netloc}"
    return Target(parts.scheme, host, default if port is None else port, path, origin)


def base_url(value: object, name: str, example: str) -> str:
    """Return the URL below which an API is, without a slash at the end; for the option ``name``.

    Raises `InvalidValue`: a query or fragment would swallow the paths that are put behind it.
    """
    if not isinstance(value, str):
        raise InvalidValue(f"{name} is a URL, as in {example}")
    parse_url(value)
    if "?" in value or "#" in value:
        raise InvalidValue(f"{name} is a URL without a query or fragment, as in {example}")
    return value.strip().rstrip("/")


def unix_url(socket_path: str, path: str) -> str:
    """Return the URL of ``path`` at a server that listens on a UNIX socket."""
    return f"{UNIX_SCHEME}://{quote(socket_path, safe='')}{path}"


def parse_any_url(url: str) -> Target:
    """Take a URL apart that may lead to a UNIX socket; see `unix_url` and `parse_url`.

    For URLs that a plugin makes. One that a person writes is read by `parse_url`, so that nobody
    reaches a local socket by naming it.
    """
    if not url.startswith(f"{UNIX_SCHEME}://"):
        return parse_url(url)
    parts = urlsplit(url)
    socket_path = unquote(parts.netloc)
    if not socket_path.startswith("/") or "\0" in socket_path:
        raise InvalidValue("not the URL of a UNIX socket: its path begins with /")
    path = quote(parts.path or "/", safe=_AS_IT_IS)
    if parts.query:
        path += "?" + quote(parts.query, safe=_AS_IT_IS)
    return Target(UNIX_SCHEME, socket_path, 0, path, f"{UNIX_SCHEME}://{socket_path}")


def _ascii_host(host: str) -> str:
    if host.isascii():
        if any(character <= " " or character in "<>\\^`{|}\x7f" for character in host):
            raise InvalidValue("not a URL: its host name holds a character that none may hold")
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError as error:
        raise InvalidValue(f"not a URL: its host name is not one ({error})") from None
