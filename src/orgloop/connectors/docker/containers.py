"""What is done with a container: start it, stop it, run a command in it."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from twisted.internet.task import deferLater
from twisted.logger import Logger

from orgloop.connectors.docker.engine import Engine, EngineRefused, container_path, object_of
from orgloop.connectors.docker.output import text_of
from orgloop.connectors.docker.request import Request
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.errors import RequestFailed
from orgloop.plugin import PluginContext
from orgloop.reports import HTTPResponse
from orgloop.sdk.variables import delivery_variables

_DONE = frozenset({200, 201, 204, 304})
"""304 is what the engine answers where a container is in the wanted state already."""
_CHANGES_SOON = frozenset({408, 409, 425, 429})
"""409: the container is being removed, is paused, or does not run."""
_MAX_OUTPUT = 1_000_000
_LOOK_AGAIN_SECONDS = 1.0


@frozen
class Container:
    """One container of the engine."""

    _log = Logger()

    name: str
    _engine: Engine
    _context: PluginContext

    async def act(self, request: Request, dispatch: Dispatch) -> DeliveryResult:
        """Do what is asked for, and say how it went."""
        try:
            if request.action == "container.exec":
                return await self._run(request, dispatch)
            verb = request.action.partition(".")[2]
            await self._ask(container_path(self.name, f"/{verb}"))
            return DeliveryResult.delivered()
        except EngineRefused as refused:
            if 400 <= refused.status < 500 and refused.status not in _CHANGES_SOON:
                return DeliveryResult.rejected(str(refused))
            return DeliveryResult.error(str(refused))
        except RequestFailed as error:
            return DeliveryResult.error(str(error))

    async def _run(self, request: Request, dispatch: Dispatch) -> DeliveryResult:
        made = await self._ask(
            container_path(self.name, "/exec"),
            {
                "AttachStdout": True,
                "AttachStderr": True,
                "Cmd": list(request.command),
                "Env": [f"{name}={value}" for name, value in delivery_variables(dispatch).items()],
            },
        )
        run = f"/exec/{object_of(made).get('Id')}"
        # The answer ends when the command does; one with too much output is waited for without it.
        said = await self._ask(f"{run}/start", {"Detach": False, "Tty": False})
        code = await self._exit_code(run)
        self._log.info(
            "{actor} ran {delivery} in {container}, exit code {code}: {output}",
            actor=self._context.id,
            delivery=dispatch.id,
            container=self.name,
            code=code,
            output=text_of(said.body),
        )
        if code == 0:
            return DeliveryResult.delivered()
        return DeliveryResult.error(f"the command failed (exit code {code})")

    async def _exit_code(self, run: str) -> object:
        while (state := await self._engine.get(f"{run}/json")).get("Running"):
            await deferLater(self._context.clock, _LOOK_AGAIN_SECONDS)
        return state.get("ExitCode")

    async def _ask(self, path: str, body: Any = None) -> HTTPResponse:
        response = await self._engine.ask("POST", path, body, max_body_bytes=_MAX_OUTPUT)
        if response.status not in _DONE:
            raise EngineRefused(response)
        return response
