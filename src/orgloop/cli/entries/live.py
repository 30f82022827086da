"""Log entries as they come: the client's side of ``GET /api/stream``."""

from __future__ import annotations

import http.client
import json
from collections.abc import Generator, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from attrs import frozen

from orgloop.cli.control import Control
from orgloop.cli.failing import CommandFailed

_SILENCE_SECONDS = 40.0
"""A heartbeat comes every 15 s: a connection without any of two is none any more."""
_LATER = 503
_LONGEST_LINE = 16 * 1024 * 1024


@frozen
class Lost:
    """So many entries found no room on their way."""

    count: int


class Ended(Exception):
    """The stream has ended: the runtime stops, is restarted, or was killed; or it says why not."""


Told = dict[str, Any] | Lost | None


def watch(control: Control, query: Mapping[str, str]) -> Generator[Told, None, None]:
    """Yield `None` once nothing is missed any more, then what a runtime tells.

    `None` again says that it is alive.

    Raises `Ended` when the stream does, `CommandFailed` if the runtime refuses.
    """
    connection = http.client.HTTPConnection(control.host, control.port, timeout=_SILENCE_SECONDS)
    try:
        yield from _told(_begin(connection, control, query))
    except (OSError, http.client.HTTPException) as error:
        raise Ended from error
    finally:
        connection.close()


def _begin(
    connection: http.client.HTTPConnection, control: Control, query: Mapping[str, str]
) -> http.client.HTTPResponse:
    path = "/api/stream" + (f"?{urlencode(query)}" if query else "")
    connection.request(
        "GET",
        path,
        headers={
            "Host": f"localhost:{control.port}",
            "Authorization": f"Bearer {control.token}",
            "Accept": "text/event-stream",
        },
    )
    response = connection.getresponse()
    if response.status == 200:
        return response
    message, hint, code = _complaint(response)
    if code == "draining":
        raise Ended
    if response.status == _LATER:
        raise Ended(message)
    raise CommandFailed(message, hint=hint)


def _complaint(response: http.client.HTTPResponse) -> tuple[str, str, str]:
    try:
        error = json.loads(response.read())["error"]
        return str(error["message"]), str(error.get("hint") or ""), str(error["code"])
    except (ValueError, KeyError, TypeError):
        return f"the runtime answered {response.status}", "see what runs: orgloop status", ""


def _told(response: http.client.HTTPResponse) -> Iterator[Told]:
    """Yield the messages of an event stream (HTML standard, 9.2.6); `None` for a comment."""
    response.readline()  # the first heartbeat: from here on everything is told
    yield None
    kind = ""
    while (line := response.readline(_LONGEST_LINE)).endswith(b"\n"):  # else it was cut off
        name, _, value = line.rstrip(b"\r\n").partition(b": ")
        if line.startswith(b":"):
            yield None
        elif name == b"event":
            kind = value.decode("ascii", "replace")
        elif name == b"data":
            yield from _message(kind, value)
    raise Ended


def _message(kind: str, data: bytes) -> Iterator[Told]:
    document = json.loads(data)
    if kind == "entry":
        yield document
    elif kind == "lost":
        yield Lost(document["count"])
