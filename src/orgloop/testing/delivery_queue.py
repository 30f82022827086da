"""The conformance suite of `IDeliveryQueue`.

    class TestMyQueue(DeliveryQueueSuite):
        async def open(self, directory):
            return await MyQueue.open(directory / "queue", PROJECT)

Needs pytest-twisted.
"""

from __future__ import annotations

from pathlib import Path

from zope.interface.verify import verifyObject

from orgloop.interfaces import IDeliveryQueue
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.attempts import AttemptsSuite
from orgloop.testing.queue_suites.batches import BatchesSuite
from orgloop.testing.queue_suites.circuits import CircuitsSuite
from orgloop.testing.queue_suites.debounce import DebounceSuite
from orgloop.testing.queue_suites.decisions import DecisionsSuite
from orgloop.testing.queue_suites.depths import DepthsSuite
from orgloop.testing.queue_suites.inboxes import InboxesSuite
from orgloop.testing.queue_suites.order import OrderSuite
from orgloop.testing.queue_suites.questions import QuestionsSuite
from orgloop.testing.queue_suites.retention import RetentionSuite
from orgloop.testing.queue_suites.routing import RoutingSuite


class DeliveryQueueSuite(
    RoutingSuite,
    OrderSuite,
    AttemptsSuite,
    CircuitsSuite,
    DecisionsSuite,
    DepthsSuite,
    DebounceSuite,
    BatchesSuite,
    InboxesSuite,
    RetentionSuite,
    QuestionsSuite,
):
    """What every queue does. A subclass says how one is opened."""

    @async_test
    async def test_it_provides_the_interface(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        assert verifyObject(IDeliveryQueue, queue)
        await queue.close()
