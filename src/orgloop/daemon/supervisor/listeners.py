"""Hold the sockets that the runtimes listen on, so that none is closed between two of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

from attrs import define, field


@define(eq=False)
class HeldListeners:
    """Copies of the runtime's listening sockets, by name; connections wait in them."""

    final: tuple[str, ...] = ()
    """Those that a service manager opened: their address counts, whatever is configured."""
    _descriptors: dict[str, int] = field(factory=dict)

    @property
    def descriptors(self) -> Mapping[str, int]:
        """What to hand to the next runtime."""
        return self._descriptors

    def keep(self, opened: Mapping[str, int], in_use: Collection[str]) -> None:
        """Hold what a runtime has opened, and of what was held before only what it still uses.

        Nobody would ever answer at the others. Those of a service manager stay.
        """
        passed = {*opened, *(self._descriptors.keys() - {*in_use, *self.final})}
        for name in passed & self._descriptors.keys():
            os.close(self._descriptors.pop(name))
        self._descriptors.update(opened)

    def close(self) -> None:
        """Let go of all: whoever else holds them decides."""
        while self._descriptors:
            _, descriptor = self._descriptors.popitem()
            os.close(descriptor)
