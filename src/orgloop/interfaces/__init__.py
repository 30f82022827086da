"""Every seam of OrgLoop, with its whole contract: one module per seam.

Implementations say "see" and point here. Methods written ``async def`` may be implemented by a
coroutine function; those that return a `Deferred` may be called without being awaited.
"""

from orgloop.interfaces.actor import IActor, IPreparingActor
from orgloop.interfaces.checkpoint_store import ICheckpointStore
from orgloop.interfaces.delivery_queue import IDeliveryQueue
from orgloop.interfaces.event_log import IEventLog
from orgloop.interfaces.http_client import IHTTPClient
from orgloop.interfaces.logger import IBlockingLogger, IBufferingLogger, ILogger
from orgloop.interfaces.project_registry import IProjectRegistry
from orgloop.interfaces.source import IPollingSource, IScheduledSource, ISource, IWebhookSource
from orgloop.interfaces.transform import (
    IAsyncTransform,
    IInProcessTransform,
    IRemembers,
    ITransform,
)

__all__ = [
    "IActor",
    "IAsyncTransform",
    "IBlockingLogger",
    "IBufferingLogger",
    "ICheckpointStore",
    "IDeliveryQueue",
    "IEventLog",
    "IHTTPClient",
    "IInProcessTransform",
    "ILogger",
    "IPollingSource",
    "IPreparingActor",
    "IProjectRegistry",
    "IRemembers",
    "IScheduledSource",
    "ISource",
    "ITransform",
    "IWebhookSource",
]
