"""Do storage's work here and now: a command has one thread, and nothing else to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orgloop.cli.held_home import at_once

if TYPE_CHECKING:
    from orgloop.storage.worker import Worker


class _AtOnce:
    def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """See `Worker.run`."""
        return at_once(lambda: work(*args, **kwargs))

    def quit(self) -> None:
        """See `Worker.quit`."""


WORKER: Worker = _AtOnce()
