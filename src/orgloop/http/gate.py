"""Decide from the headers alone whether a request may go on, and where to."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen
from twisted.web.http_headers import Headers

from orgloop.config.model import HTTPSettings
from orgloop.config.runtime import is_loopback
from orgloop.errors import OrgLoopError
from orgloop.http.credentials import Credentials, bearer_of
from orgloop.http.hosts import KnownHosts, TrustedPeers, is_own_origin
from orgloop.http.operation import Access
from orgloop.http.page import File, Page
from orgloop.http.paths import lies_under, parts_of
from orgloop.http.problem import (
    DRAINING,
    STARTING,
    Problem,
    Refused,
    later,
    not_found,
    too_large,
    wrong_method,
)
from orgloop.http.view import Endpoint, Runtime
from orgloop.interfaces import IWebhookSource

HEALTH_PATHS = frozenset({b"/health/live", b"/health/ready"})
_WEBHOOKS = b"/webhook/"
_RESERVED = (b"/control", b"/api", b"/health", b"/ui")
_FORWARDED = frozenset({b"forwarded", b"x-real-ip", b"cf-connecting-ip"})

_FOREIGN = Problem(
    403,
    "foreign_origin",
    "the request comes from another web page",
    "web pages may not call OrgLoop; call it from a program",
)
_FORWARDING = Problem(
    403,
    "forwarded",
    "a proxy forwarded this request, and only webhooks and health may be forwarded",
    "call the runtime directly, or name the proxy in http.trusted_proxies",
)
_MISDIRECTED = Problem(
    421,
    "unknown_host",
    "the Host header names neither this machine nor an allowed host",
    "use 127.0.0.1 or localhost, or list the name in http.allowed_hosts",
)
_UNAUTHORIZED = Problem(
    401,
    "unauthorized",
    "the control token is missing or wrong",
    "send Authorization: Bearer with what `orgloop token` prints; a session of the dashboard that "
    "has ended is begun anew with `orgloop ui`",
)
_NO_SESSION = Problem(
    401,
    "unauthorized",
    "the session is missing, has ended or is none",
    "send Authorization: Bearer with the session that POST /ui/session gave",
)
_NOT_FOR_SESSIONS = Problem(
    403,
    "not_for_sessions",
    "a session of the dashboard may read, act on dead letters and on what is held, and poll; "
    "not this",
    "use the orgloop command, or the control token",
)
_TOO_MUCH_FOR_A_CODE = Problem(
    413,
    "too_large",
    "the body is longer than one with a code, or does not say how long it is",
    'send {"code": "…"} with a Content-Length',
)
_SESSION_PATH = b"/ui/session"
_LONGEST_CODE_BODY = 1024
_READING = (b"GET", b"HEAD")
_BAD_PATH = Problem(400, "bad_path", "the path is not UTF-8", "percent-encode the path as UTF-8")
_NO_SOURCE = not_found(
    "no webhook source answers at this path",
    "POST to /webhook/<source id>; where two projects share an id, /webhook/<project>/<source id>",
)
_NO_HEALTH = not_found("health is not told at this path", "GET /health/live or /health/ready")
_NO_PAGE = not_found("there is no page here")
_NOTHING = not_found("there is nothing at this path")
_UNAVAILABLE = later(503, "source_unavailable", "the source is not working at the moment")


@frozen
class Asked:
    """What is known of a request before its body."""

    method: bytes
    path: bytes
    """As sent, without the query."""
    headers: Headers
    peer: str
    """The address of the other end of the connection."""
    length: int | None
    """Of the body, as declared; `None` when it comes in chunks."""

    def one(self, name: bytes) -> bytes | None:
        """Return a header that is there exactly once."""
        values = self.headers.getRawHeaders(name)
        return values[0] if values and len(values) == 1 else None


@frozen
class Passage:
    """Leave to go on: to a webhook source, to a file, or else to health, control and API."""

    endpoint: Endpoint | None = None
    source: IWebhookSource | None = None
    """The endpoint's, as it was when the headers came."""
    has_token: bool = False
    """Whether the control token came along, or none is wanted."""
    is_session: bool = False
    """Whether a session of the dashboard came along in its place."""
    file: File | None = None
    """A part of the dashboard."""


_OPEN = Passage()
_CONTROL = Passage(has_token=True)
_SESSION = Passage(is_session=True)


class Gate:
    """What protects the runtime from the network: who may call what.

    ``access`` says who may call a method and path of the API, and raises `Refused` if there is no
    such thing; it is asked before a body is read. With ``webhooks_only`` nothing but webhooks and
    health is served.
    """

    def __init__(
        self,
        runtime: Runtime,
        settings: HTTPSettings,
        credentials: Credentials,
        access: Callable[[bytes, bytes], Access],
        page: Page,
        *,
        webhooks_only: bool = False,
    ) -> None:
        check_settings(settings)
        self.settings = settings
        self._runtime = runtime
        self._credentials = credentials
        self._access = access
        self._page = page
        self._webhooks_only = webhooks_only
        self._known = KnownHosts(settings.allowed_hosts)
        self._proxies = TrustedPeers(settings.trusted_proxies)

    def admit(self, asked: Asked) -> Passage:
        """Return where the request may go; raise `Refused` with the answer otherwise."""
        self._refuse_web_pages(asked)
        path = asked.path
        if lies_under(path, b"/health"):
            return self._health(asked)
        if path.startswith(_WEBHOOKS) or not (_is_reserved(path) or _asks_for_page(asked)):
            passage = self._webhook(asked)
            if passage is not None:
                return passage
        if self._webhooks_only:
            raise Refused(not_found("only webhooks and health are served here"))
        return self._control(asked)

    # --- rooms ----------------------------------------------------------------------------------

    def _health(self, asked: Asked) -> Passage:
        if asked.path not in HEALTH_PATHS:
            raise Refused(_NO_HEALTH)
        if asked.method not in _READING:
            raise Refused(wrong_method("GET, HEAD"))
        self._check_length(asked)
        return _OPEN

    def _webhook(self, asked: Asked) -> Passage | None:
        """Return the passage to a source, `None` when the path may belong to something else."""
        runtime = self._runtime
        named = asked.path.startswith(_WEBHOOKS)
        if runtime.phase == "starting" and (named or asked.path != b"/"):
            raise Refused(STARTING)
        endpoint = self._endpoint(asked.path) if named else None
        if endpoint is None:
            endpoint = self._alias(asked.path)
        if runtime.phase == "draining" and (named or endpoint is not None):
            raise Refused(DRAINING)
        if endpoint is None:
            if named:
                raise Refused(_NO_SOURCE)
            return None
        if asked.method != b"POST":
            raise Refused(wrong_method("POST"))
        return self._to_source(asked, endpoint)

    def _to_source(self, asked: Asked, endpoint: Endpoint) -> Passage:
        source = endpoint.source
        if source is None or not endpoint.available:
            raise Refused(_UNAVAILABLE)
        if not source.is_signed:
            self._check_host(asked)
        self._check_length(asked)
        return Passage(endpoint, source, self._has_token(asked))

    def _control(self, asked: Asked) -> Passage:
        if self._is_forwarded(asked) and asked.peer not in self._proxies:
            raise Refused(_FORWARDING)
        self._check_host(asked)
        if asked.path == _SESSION_PATH:
            return self._begin_or_end_session(asked)
        if asked.path == b"/" or lies_under(asked.path, b"/ui"):
            return self._to_file(asked)
        passage = self._opened(asked)
        if parts_of(asked.path) is None:
            raise Refused(_BAD_PATH)
        if not _is_reserved(asked.path):
            raise Refused(_NOTHING)
        if asked.length != 0 or passage.is_session:
            access = self._access(asked.method, asked.path)
            if passage.is_session and access == "control":
                raise Refused(_NOT_FOR_SESSIONS)
        if asked.path.startswith(b"/api/"):
            self._check_open(asked)
        self._check_length(asked)
        return passage

    def _opened(self, asked: Asked) -> Passage:
        if self.settings.auth == "none" or self._has_token(asked):
            return _CONTROL
        if self._credentials.is_session(bearer_of(asked.headers)):
            return _SESSION
        raise Refused(_UNAUTHORIZED)

    def _to_file(self, asked: Asked) -> Passage:
        file = self._page.file(asked.path)
        if file is None:
            raise Refused(_NO_PAGE)
        if asked.method not in _READING:
            raise Refused(wrong_method("GET, HEAD"))
        self._check_length(asked)
        return Passage(file=file)

    def _begin_or_end_session(self, asked: Asked) -> Passage:
        if self._access(asked.method, asked.path) == "session":
            if not self._credentials.is_session(bearer_of(asked.headers)):
                raise Refused(_NO_SESSION)
            return _SESSION
        # Whoever reaches the port may send this: nobody's memory is for the taking.
        if asked.length is None or asked.length > _LONGEST_CODE_BODY:
            raise Refused(_TOO_MUCH_FOR_A_CODE)
        return _OPEN

    def _check_open(self, asked: Asked) -> None:
        if self._runtime.phase == "starting" and asked.path != b"/api/status":
            raise Refused(STARTING)
        if self._runtime.phase == "draining" and asked.method not in _READING:
            raise Refused(DRAINING)

    # --- single checks --------------------------------------------------------------------------

    def _refuse_web_pages(self, asked: Asked) -> None:
        headers = asked.headers
        for site in headers.getRawHeaders(b"Sec-Fetch-Site") or ():
            if site.lower() == b"cross-site":
                raise Refused(_FOREIGN)
        origins = headers.getRawHeaders(b"Origin")
        if not origins:
            return
        host = asked.one(b"Host")
        if host not in self._known or not all(is_own_origin(origin, host) for origin in origins):
            raise Refused(_FOREIGN)

    def _is_forwarded(self, asked: Asked) -> bool:
        return any(
            name.lower().startswith(b"x-forwarded-") or name.lower() in _FORWARDED
            for name, _ in asked.headers.getAllRawHeaders()
        )

    def _check_host(self, asked: Asked) -> None:
        if asked.one(b"Host") not in self._known:
            raise Refused(_MISDIRECTED)

    def _has_token(self, asked: Asked) -> bool:
        return self._credentials.is_control(bearer_of(asked.headers))

    def _check_length(self, asked: Asked) -> None:
        if asked.length is not None and asked.length > self.settings.max_body:
            raise Refused(too_large(self.settings.max_body))

    # --- paths ----------------------------------------------------------------------------------

    def _endpoint(self, path: bytes) -> Endpoint | None:
        names = (parts_of(path) or [])[1:]
        if len(names) == 1 and names[0]:
            return self._runtime.webhook(names[0], None)
        if len(names) == 2 and names[0] and names[1]:
            return self._runtime.webhook(names[1], names[0])
        return None

    def _alias(self, path: bytes) -> Endpoint | None:
        parts = parts_of(path)
        if parts is None or any("/" in part for part in parts):
            return None
        return self._runtime.webhook_alias("/" + "/".join(parts))


def check_settings(settings: HTTPSettings) -> None:
    """Raise `OrgLoopError` for settings that would leave the control API open to a network."""
    if settings.auth != "none":
        return
    if not is_loopback(settings.host):
        raise OrgLoopError(
            f"http.auth: none together with http.host {settings.host} would let anyone on the "
            "network control this runtime: remove http.auth, or listen on 127.0.0.1"
        )
    if settings.webhooks is not None:
        raise OrgLoopError(
            "http.auth: none together with http.webhooks would leave the control API open to "
            "whatever stands in front of the second listener: remove one of the two"
        )


def _asks_for_page(asked: Asked) -> bool:
    return asked.path == b"/" and asked.method in _READING


def _is_reserved(path: bytes) -> bool:
    return any(lies_under(path, room) for room in _RESERVED)
