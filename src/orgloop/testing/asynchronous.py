"""Run a test that is a coroutine function on the reactor."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, cast

import pytest_twisted  # type: ignore[import-untyped]  # it has no types

P = ParamSpec("P")


def async_test(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Decorate a test, or a method of a suite; pytest waits until it has ended."""
    return cast(Callable[P, None], pytest_twisted.ensureDeferred(test))
