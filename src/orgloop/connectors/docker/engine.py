"""Call the Docker engine over its UNIX socket (https://docs.docker.com/reference/api/engine)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
from attrs import frozen

from orgloop.connectors.docker.config import DEFAULT_SOCKET, DockerConfig
from orgloop.event import JSONObject
from orgloop.plugin import ComponentContext, PluginContext
from orgloop.reports import HTTPResponse
from orgloop.sdk.sending import UNTIL_CANCELLED_SECONDS, answer_to
from orgloop.sdk.urls import unix_url

_MAX_SAID = 200


@frozen
class Engine:
    """The engine behind one socket."""

    socket: str
    _context: PluginContext

    async def get(self, path: str, timeout_seconds: float = UNTIL_CANCELLED_SECONDS) -> JSONObject:
        """Return the object that the engine answers; raise `EngineRefused` if it does not."""
        response = await self.ask("GET", path, timeout_seconds=timeout_seconds)
        if response.status != 200:
            raise EngineRefused(response)
        return object_of(response)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        timeout_seconds: float = UNTIL_CANCELLED_SECONDS,
        max_body_bytes: int = 10_000_000,
    ) -> HTTPResponse:
        """Return the engine's answer; raises what `IHTTPClient.request` does.

        Of an answer that is larger than ``max_body_bytes`` only the status is returned.
        """
        request = self._context.http.request(
            method,
            unix_url(self.socket, path),
            headers={"Content-Type": "application/json"},
            body=b"" if body is None else orjson.dumps(body),
            timeout_seconds=timeout_seconds,
            max_body_bytes=max_body_bytes,
        )
        return await answer_to(request)


class EngineRefused(Exception):
    """The engine answered something else than what was asked for; ``status`` says how."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status = response.status
        super().__init__(f"the engine answered {self.status}{_said(response)}")


def object_of(response: HTTPResponse) -> JSONObject:
    """Return the object in an answer; raise `EngineRefused` if there is none."""
    document = response.json()
    if not isinstance(document, dict):
        raise EngineRefused(response)
    return document


def engine_of(config: DockerConfig, context: PluginContext) -> Engine:
    """Return the engine that an actor talks to."""
    return Engine(socket_of(config, context), context)


def socket_of(config: DockerConfig, context: ComponentContext) -> str:
    """Return the path of the engine's socket; of ``DOCKER_HOST`` only a socket counts."""
    if config.socket is not None:
        return config.socket
    host = context.environ.get("DOCKER_HOST", "")
    return host.removeprefix("unix://") if host.startswith("unix:///") else DEFAULT_SOCKET


def container_path(name: str, end: str = "") -> str:
    """Return the path of a container in the engine's API."""
    return f"/containers/{quote(name, safe='')}{end}"


def _said(response: HTTPResponse) -> str:
    document = response.json()
    said = document.get("message") if isinstance(document, dict) else None
    if not isinstance(said, str) or not said.strip():
        return ""
    return ": " + " ".join(said.split())[:_MAX_SAID]
