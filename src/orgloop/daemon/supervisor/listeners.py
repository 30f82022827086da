"""Hold the sockets that the runtimes listen on, so that none is closed between two of them."""

from __future__ import annotations

import os
from collections.abc import Mapping

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

    def keep(self, listeners: Mapping[str, int]) -> None:
        """Hold these from now on, in place of those of the same name."""
        for name, descriptor in listeners.items():
            if (older := self._descriptors.pop(name, None)) is not None:
                os.close(older)
            self._descriptors[name] = descriptor

    def close(self) -> None:
        """Let go of all: whoever else holds them decides."""
        while self._descriptors:
            _, descriptor = self._descriptors.popitem()
            os.close(descriptor)
