"""A stand-in of the Docker engine: containers that can be started, stopped and used."""

from __future__ import annotations

import re
from typing import Any

from attrs import define, field

from orgloop.connectors.docker.output import framed
from orgloop.testing.httpserver import Answer, ReceivedRequest, ScriptedHTTPServer

_CONTAINER = re.compile(r"/containers/([^/]+)/(start|stop|restart|exec|json)")
_RUN = re.compile(r"/exec/([^/]+)/(start|json)")


@define
class StandInContainer:
    """A container that does nothing."""

    is_running: bool = False
    commands: list[dict[str, Any]] = field(factory=list)
    """What was run in it: the bodies of the requests."""
    exit_code: int = 0
    """How commands end in it."""
    output: bytes = b""


class DockerStandIn(ScriptedHTTPServer):
    """An engine to be started with ``start_on_socket``; ``containers`` are all it has.

    Answers that were put into the script come first.
    """

    def __init__(self, **containers: StandInContainer) -> None:
        super().__init__(self._answer)
        self.containers = containers
        self._runs: list[StandInContainer] = []

    def _answer(self, request: ReceivedRequest) -> Answer:
        if request.path == "/version":
            return Answer(json={"Version": "28.0.0", "ApiVersion": "1.48"})
        if found := _CONTAINER.fullmatch(request.path):
            container = self.containers.get(found[1])
            if container is None:
                return _no(404, f"No such container: {found[1]}")
            return self._about(container, found[2], request)
        if found := _RUN.fullmatch(request.path):
            return self._of_run(self._runs[int(found[1])], found[2])
        return _no(404, "page not found")

    def _about(self, container: StandInContainer, verb: str, request: ReceivedRequest) -> Answer:
        if verb == "json":
            status = "running" if container.is_running else "exited"
            return Answer(json={"State": {"Status": status}})
        if verb == "exec":
            return self._made(container, request)
        wanted = verb != "stop"
        is_so = container.is_running == wanted and verb != "restart"
        container.is_running = wanted
        return Answer(status=304 if is_so else 204)

    def _made(self, container: StandInContainer, request: ReceivedRequest) -> Answer:
        if not container.is_running:
            return _no(409, "container is not running")
        container.commands.append(request.json())
        self._runs.append(container)
        return Answer(status=201, json={"Id": str(len(self._runs) - 1)})

    def _of_run(self, container: StandInContainer, verb: str) -> Answer:
        if verb == "json":
            return Answer(json={"Running": False, "ExitCode": container.exit_code})
        # The engine gives no length: the answer ends with the connection.
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\n\r\n"
        return Answer(raw=head + framed(container.output), close=True)


def _no(status: int, message: str) -> Answer:
    return Answer(status=status, json={"message": message})
