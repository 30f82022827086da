"""The docker actor: an event starts, stops or uses a container or a cluster."""

from __future__ import annotations

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.task import deferLater
from zope.interface import implementer

from orgloop.connectors.docker.clusters import Cluster
from orgloop.connectors.docker.config import DockerConfig
from orgloop.connectors.docker.containers import Container
from orgloop.connectors.docker.engine import engine_of
from orgloop.connectors.docker.request import Request, request_of
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.errors import InvalidValue
from orgloop.interfaces import IActor
from orgloop.plugin import PluginContext


@implementer(IActor)
@define(eq=False)
class DockerActor:
    """Make one action per delivery; see `IActor`."""

    _config: DockerConfig
    _context: PluginContext

    async def start(self) -> None:
        """Nothing needs to be ready: whether the engine is up shows with the first delivery."""

    async def stop(self) -> None:
        """Nothing is held: connections are the client's."""

    async def deliver(self, dispatch: Dispatch) -> DeliveryResult:
        """See `IActor.deliver`."""
        try:
            request = request_of(dispatch.config)
            subject = self._subject(request)
        except InvalidValue as error:
            return DeliveryResult.rejected(str(error))
        if request.delay.milliseconds:
            await deferLater(self._context.clock, request.delay.seconds)
        action = Deferred.fromCoroutine(subject.act(request, dispatch))
        limit = self._config.timeout
        if limit is not None:
            action.addTimeout(limit.seconds, self._context.clock)
        try:
            return await action
        except DeferredTimeout:
            return DeliveryResult.error(f"{request.action} took longer than {limit}")

    def _subject(self, request: Request) -> Container | Cluster:
        """Return what the action is about: what the actor's configuration says, nothing else."""
        config = self._config
        if request.action.startswith("container."):
            if config.container_name is None:
                raise InvalidValue(f"{request.action} needs container_name on the actor")
            engine = engine_of(config, self._context)
            return Container(config.container_name, engine, self._context)
        if config.cluster_name is None:
            raise InvalidValue(f"{request.action} needs cluster_name on the actor")
        return Cluster(config.cluster_name, config, self._context)
