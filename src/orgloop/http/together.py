"""Ask for many things at once."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, FirstError, gatherResults

T = TypeVar("T")


async def together(work: Iterable[Coroutine[Deferred[Any], Any, T]]) -> list[T]:
    """Begin all in their order and return their results; raise the first error there is."""
    begun = [Deferred.fromCoroutine(one) for one in work]
    try:
        return await gatherResults(begun, consumeErrors=True)
    except FirstError as error:
        cause = error.subFailure.value or error
    raise cause
