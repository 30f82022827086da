"""What is done with a cluster: ``kind`` makes it and takes it away (https://kind.sigs.k8s.io)."""

from __future__ import annotations

from attrs import frozen
from twisted.logger import Logger

from orgloop.connectors.docker.config import DockerConfig
from orgloop.connectors.docker.request import Request
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.plugin import PluginContext
from orgloop.sdk.processes import CannotRun, Finished, RunCancelled, child_environment, run

PROGRAM = "kind"
_MAX_OUTPUT = 65_536


@frozen
class Cluster:
    """One cluster that ``kind`` knows or will know."""

    _log = Logger()

    name: str
    _config: DockerConfig
    _context: PluginContext

    async def act(self, request: Request, dispatch: Dispatch) -> DeliveryResult:
        """Do what is asked for, and say how it went. What is so already is done."""
        try:
            known = await self._kind(dispatch, "get", "clusters")
            if known.exit_code != 0:
                return self._failed(known)
            is_there = self.name in known.stdout.decode("utf-8", "replace").split()
            if is_there == (request.action == "cluster.start"):
                return DeliveryResult.delivered()
            changed = await self._kind(dispatch, *self._words(request))
        except CannotRun as error:
            return DeliveryResult.error(str(error))
        except RunCancelled:
            return DeliveryResult.error("kind took too long and was ended")
        return DeliveryResult.delivered() if changed.exit_code == 0 else self._failed(changed)

    def _words(self, request: Request) -> list[str]:
        if request.action == "cluster.shutdown":
            return ["delete", "cluster", "--name", self.name]
        words = ["create", "cluster", "--name", self.name]
        if self._config.config_path is not None:
            words += ["--config", str(self._context.directory / self._config.config_path)]
        return words

    async def _kind(self, dispatch: Dispatch, *words: str) -> Finished:
        socket = self._config.socket
        named = {} if socket is None else {"DOCKER_HOST": f"unix://{socket}"}
        return await run(
            self._context.processes,
            self._context.clock,
            [PROGRAM, *words],
            cwd=self._context.project_directory,
            env=child_environment(self._context.environ, **named),
            max_output_bytes=_MAX_OUTPUT,
            on_started=dispatch.note_process,
        )

    def _failed(self, finished: Finished) -> DeliveryResult:
        self._log.warn(
            "{actor}: kind failed for {cluster}, exit status {status}: {errors}",
            actor=self._context.id,
            cluster=self.name,
            status=finished.exit_status,
            errors=finished.stderr_tail.decode("utf-8", "replace").rstrip(),
        )
        return DeliveryResult.error(f"kind failed (exit status {finished.exit_status})")
