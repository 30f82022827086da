"""Talk to the runtime of a home over its control port.

The runtime is found by the home alone: the lock says whether one runs, who, and at which address,
``runtime.port`` at which port, ``control.token`` opens it. No project is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from attrs import evolve, field, frozen

from orgloop.cli.failing import CommandFailed, NothingRuns
from orgloop.errors import StorageUnavailable
from orgloop.storage.home import Home, read_line
from orgloop.storage.ownership import Ownership, names_of, owner_of
from orgloop.urls import http_url

if TYPE_CHECKING:
    import http.client

_TIMEOUT_SECONDS = 10.0
_LONG_SECONDS = 900.0


class Unreachable(CommandFailed):
    """A runtime holds the lock but does not answer."""


@frozen
class Answer:
    """What the runtime answered."""

    status: int
    document: Any
    next_page: str | None = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def complaint(self) -> tuple[str, str]:
        """Return what the runtime complains of, and its advice."""
        error = self.document.get("error") if isinstance(self.document, dict) else None
        if isinstance(error, dict):
            return str(error.get("message") or self.status), str(error.get("hint") or "")
        return f"the runtime answered {self.status}", ""


@frozen
class Control:
    """The control API of one running runtime."""

    pid: int
    """The runtime's."""
    port: int
    token: str = field(repr=False)
    host: str = "127.0.0.1"
    timeout_seconds: float = _TIMEOUT_SECONDS

    @classmethod
    def find(cls, root: Path, *, timeout_seconds: float = _TIMEOUT_SECONDS) -> Control:
        """Return the runtime's control API.

        Raises `NothingRuns`, or `Unreachable` while the runtime does not listen, or if what listens
        on its port is not the process that has the home.
        """
        found = cls._at(root, timeout_seconds)
        if found._is_what_answers():
            return found
        # A restart may have come in between: then who has the home is another by now.
        replaced = cls._at(root, timeout_seconds)
        if replaced.pid != found.pid and replaced._is_what_answers():
            return replaced
        raise Unreachable(
            f"what answers on {replaced.url} is not the runtime (process {replaced.pid})",
            hint="the files in its home do not belong to it; stop it with: orgloop stop",
        )

    @classmethod
    def _at(cls, root: Path, timeout_seconds: float) -> Control:
        """Return the way to who has the home now, as its files say."""
        home = Home(root)
        owner = owner_of(home)
        if owner is None:
            raise NothingRuns(root)
        if owner.runtime is None:
            raise _nobody_listens(home, owner)
        try:
            port = _port(read_line(home.port_file) or "")
            token = read_line(home.control_token_file) or ""
        except StorageUnavailable as error:
            raise Unreachable(str(error)) from error
        if port is None:
            raise Unreachable(
                f"the runtime (process {owner.runtime}) does not listen: "
                "it is starting or stopping",
                hint="try again in a moment",
            )
        host = _reachable(owner.holder.host)
        return cls(owner.runtime, port, token, host, timeout_seconds)

    @property
    def url(self) -> str:
        """Where the runtime listens."""
        return http_url(self.host, self.port)

    def get(self, path: str, **query: str | int | None) -> Answer:
        """Ask for ``path``; empty parameters are left out."""
        return self._request("GET", target_of(path, query))

    def post(
        self, path: str, document: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Post a JSON document, or nothing."""
        return self.send("POST", path, document, headers)

    def send(
        self,
        method: str,
        path: str,
        document: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a JSON document, or nothing, with any method."""
        body = b"" if document is None else json.dumps(document).encode()
        return self._request(method, path, body, headers or {})

    def patient(self) -> Control:
        """Return the same for what takes long, such as changing a hundred thousand deliveries."""
        return evolve(self, timeout_seconds=_LONG_SECONDS)

    def pages(self, path: str, **query: str | int | None) -> Iterator[list[Any]]:
        """Yield the pages of a list; those that are not asked for are not fetched."""
        answer = self.get(path, **query)
        while True:
            yield require(answer)
            if answer.next_page is None:
                return
            answer = self.get(answer.next_page)

    def _is_what_answers(self) -> bool:
        status = require(self.get("/control/status"))
        pid = status.get("pid") if isinstance(status, dict) else None
        return pid in names_of(self.pid)

    def _request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        import http.client  # brings TLS and mail with it: whoever asks for help waits for neither

        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_seconds)
        # The control API answers to loopback names, whatever address it is reached at.
        sent = {
            "Host": f"localhost:{self.port}",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
        }
        # The connection's own limit is for each packet: an answer that trickles needs another.
        alarm = Timer(self.timeout_seconds, _cut, [connection])
        alarm.daemon = True
        alarm.start()
        try:
            connection.request(method, path, body or None, sent | dict(headers or {}))
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            is_late = isinstance(error, TimeoutError) or not alarm.is_alive()
            why = f"no answer within {self.timeout_seconds:g} s" if is_late else str(error)
            raise Unreachable(
                f"the runtime (process {self.pid}) does not answer on {self.url}: "
                f"{why or type(error).__name__}",
                hint="see logs/orgloop.log in its home directory",
            ) from error
        finally:
            alarm.cancel()
            connection.close()
        return Answer(response.status, _parsed(text), next_page(response.getheader("Link")))


def _nobody_listens(home: Home, owner: Ownership) -> Unreachable:
    if owner.supervisor is not None:
        return Unreachable(
            f"the supervisor (process {owner.supervisor}) has no runtime at the moment: it starts "
            "one, or is about to",
            hint="try again in a moment, or see what happens with: orgloop status",
        )
    return Unreachable(
        f"{home.root} is in use by a process that cannot be seen from here",
        hint="ask it where it was started: in its container, or as its user",
    )


def _cut(connection: http.client.HTTPConnection) -> None:
    import socket

    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def require(answer: Answer) -> Any:
    """Return the document of an answer that is a success; raise `CommandFailed` otherwise."""
    if not answer.is_success:
        message, hint = answer.complaint()
        raise CommandFailed(message, hint=hint)
    return answer.document


def target_of(path: str, query: Mapping[str, str | int | None]) -> str:
    """Return a path with those parameters that are given; ``from_`` is called ``from``."""
    given = {name.rstrip("_"): value for name, value in query.items() if value is not None}
    return f"{path}?{_query(given)}" if given else path


def named(name: str) -> str:
    """Return a name as a part of a path."""
    return quote(name, safe="", errors="surrogateescape")


def _port(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit()
    return int(text) if is_number and 0 < int(text) < 65536 else None


def _reachable(host: str | None) -> str:
    """Return where to connect: what listens everywhere listens on loopback."""
    everywhere = {None: "127.0.0.1", "": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
    return everywhere.get(host) or str(host)


def _query(given: Mapping[str, str | int]) -> str:
    # What was typed need not be UTF-8; the bytes are passed on as they are.
    return urlencode(given, errors="surrogateescape")


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def next_page(link: str | None) -> str | None:
    """Return where a ``Link`` header says that a list goes on."""
    if link is None or 'rel="next"' not in link:
        return None
    return link.partition("<")[2].partition(">")[0] or None
