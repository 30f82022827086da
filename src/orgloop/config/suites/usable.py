"""Read a block as far as it can be read, so that a mistake in it hides no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from orgloop.config.entries import read_entries
from orgloop.config.nodes import Mapping, Node, Trail
from orgloop.config.reading import Nothing, Reading
from orgloop.config.structure import structure, table_of

T = TypeVar("T")


def usable(cls: Callable[..., T], node: Node, trail: Trail, reading: Reading) -> T | None:
    """Return a ``cls``, all of whose options have defaults, without what is wrong in ``node``.

    Everything that is wrong is reported. `None` if there is no mapping.
    """
    if not isinstance(node, Mapping):
        structure(cls, node, trail, reading)
        return None
    values, _ = read_entries(table_of(cls), node, trail, reading)
    return cls(**{name: one for name, one in values.items() if not isinstance(one, Nothing)})
