"""Read the checkpoints that a source has written, and say so where one is somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from orgloop.errors import PluginError


@contextmanager
def reading_checkpoint(connector: str, remedy: str) -> Iterator[None]:
    """Raise `PluginError` where what is done within meets something else than was expected.

    A checkpoint may be of another connector that the source had before, or a person's. The message
    says whose it should be, and ``remedy`` what to do.
    """
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PluginError(f"its checkpoint was not written by {connector}: {remedy}") from error
