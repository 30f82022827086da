"""A suite as it has been read: every name in it is known, every event can be one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

from orgloop.config.model import Place
from orgloop.config.suites.blocks import ExpectedRouteBlock
from orgloop.durations import Duration
from orgloop.event import JSONObject


@frozen(kw_only=True)
class GivenEvent:
    """One event that comes in."""

    place: Place | None
    document: JSONObject
    """What the suite says of it, laid over its file's content where it has one."""
    generate: str | None = None
    """``CONNECTOR[:KIND]``: what the document is laid over."""
    after: Duration | None = None


@frozen(kw_only=True)
class Expected:
    """What is to become of one event."""

    place: Place | None
    routes: Mapping[str, ExpectedRouteBlock]
    is_all: bool
    """Whether it may match no others."""


@frozen(kw_only=True)
class Case:
    """One test."""

    name: str
    place: Place | None
    given: Sequence[GivenEvent]
    expected: Sequence[Sequence[Expected]]
    """For each event given; nothing for one that only prepares."""


@frozen(kw_only=True)
class Suite:
    """The tests of one file, in its order."""

    file: Path
    cases: Sequence[Case]
