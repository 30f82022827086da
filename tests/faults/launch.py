"""Start the runtime with a wall clock that can be set while it runs, and if asked with a mistake.

``FAULTS_CLOCK`` names a file of eight bytes that holds how many milliseconds the clock is fast.
``FAULTS_MISTAKE`` names a mistake of `MISTAKES`: that is how the checks are themselves checked.
"""

from __future__ import annotations

import itertools
import mmap
import os
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def shift_the_clock(file: Path) -> None:
    """Let `time.time` and `time.time_ns` be fast by what ``file`` says at each moment."""
    real_ns = time.time_ns
    with file.open("r+b") as opened:
        offset = mmap.mmap(opened.fileno(), 8, access=mmap.ACCESS_READ)

    def time_ns() -> int:
        fast: int = struct.unpack("q", offset[:8])[0]
        return real_ns() + fast * 1_000_000

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9


def lose_rows() -> None:
    """Route some events nowhere, as if they were not there."""
    from attrs import evolve

    from orgloop.storage.queue import SQLiteDeliveryQueue

    route = SQLiteDeliveryQueue.route
    numbers = itertools.count(1)

    def losing(queue: Any, batch: Any) -> Any:
        kept = [row for row in batch.rows if next(numbers) % 50]
        return route(queue, evolve(batch, rows=kept))

    SQLiteDeliveryQueue.route = losing


def _instead_of_deliver(deliver: Callable[[Any, Any, int], Any]) -> None:
    from orgloop.connectors.webhook.actor import WebhookActor

    numbers = itertools.count(1)

    async def instead(actor: Any, dispatch: Any) -> Any:
        return await deliver(actor, dispatch, next(numbers))

    instead.whole = WebhookActor.deliver
    WebhookActor.deliver = instead


def deliver_twice() -> None:
    """Send some deliveries a second time, under another key."""
    from attrs import evolve

    from orgloop.connectors.webhook.actor import WebhookActor

    whole = WebhookActor.deliver

    async def twice(actor: Any, dispatch: Any, number: int) -> Any:
        result = await whole(actor, dispatch)
        if number % 40 == 0:
            await whole(actor, evolve(dispatch, id=f"{dispatch.id}x"))
        return result

    _instead_of_deliver(twice)


def repeat() -> None:
    """Send some deliveries a second time, although how the first went is known."""
    from orgloop.connectors.webhook.actor import WebhookActor

    whole = WebhookActor.deliver

    async def again(actor: Any, dispatch: Any, number: int) -> Any:
        result = await whole(actor, dispatch)
        return await whole(actor, dispatch) if number % 40 == 0 else result

    _instead_of_deliver(again)


def pretend() -> None:
    """Call some deliveries delivered that were never sent."""
    from orgloop.connectors.webhook.actor import WebhookActor
    from orgloop.delivery import DeliveryResult

    whole = WebhookActor.deliver

    async def pretending(actor: Any, dispatch: Any, number: int) -> Any:
        return await whole(actor, dispatch) if number % 40 else DeliveryResult.delivered()

    _instead_of_deliver(pretending)


def forget_order() -> None:
    """Let nothing wait for what came before it."""
    from orgloop.flow.route import Route

    Route._order_key = lambda route, event: None


def give_up_early() -> None:
    """Make a delivery a dead letter at its second error."""
    from attrs import evolve

    from orgloop.flow.retry import RetryPolicy

    of = RetryPolicy.of
    RetryPolicy.of = lambda settings: evolve(of(settings), max_attempts=2)


MISTAKES = {
    mistake.__name__: mistake
    for mistake in (lose_rows, deliver_twice, repeat, pretend, forget_order, give_up_early)
}


def main() -> None:
    """Run the command line."""
    shift_the_clock(Path(os.environ["FAULTS_CLOCK"]))
    mistake = os.environ.get("FAULTS_MISTAKE")
    if mistake:
        MISTAKES[mistake]()
    from orgloop.cli.main import main as command_line

    command_line()


if __name__ == "__main__":
    sys.path.pop(0)
    main()
