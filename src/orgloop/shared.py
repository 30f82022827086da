"""Let the components of one runtime share what there should be only one of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Shared:
    """Hold one object of each kind for all components of a runtime.

    A worker process, a pool of slots, the open log files: what is costly or must not exist twice.
    The runtime makes one and hands it to every component; it may put objects in beforehand. Used
    on the reactor thread only.
    """

    def __init__(self) -> None:
        self._objects: dict[type[Any], Any] = {}

    def one(self, kind: type[T], make: Callable[[], T]) -> T:
        """Return the object of this kind; ``make`` it if there is none yet."""
        if kind not in self._objects:
            self._objects[kind] = make()
        return cast(T, self._objects[kind])
