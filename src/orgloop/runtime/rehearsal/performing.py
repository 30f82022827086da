"""Run the tests of a suite, one after another, each with transforms that remember nothing."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from attrs import field, frozen

from orgloop.config.suites.giving import laid_over
from orgloop.config.suites.suite import Case, GivenEvent
from orgloop.errors import InvalidEvent, InvalidValue
from orgloop.event import JSONObject
from orgloop.runtime.rehearsal.bound import TooSlow
from orgloop.runtime.rehearsal.generating import NoSample
from orgloop.runtime.rehearsal.given import Given
from orgloop.runtime.rehearsal.judging import Miss, misses
from orgloop.runtime.rehearsal.rehearsal import Rehearsal
from orgloop.times import to_epoch_ms, to_iso

# When a test begins that says nothing of time: the same on every day, so that it gives the same.
_BEGINNING_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z


@frozen(kw_only=True)
class Performance:
    """How one test went."""

    case: Case
    misses: Sequence[Miss] = ()
    error: str | None = None
    """Why it could not be run: an event in it is none, or there is no sample of that name."""
    seconds: float = field(default=0.0, eq=False)

    @property
    def is_good(self) -> bool:
        return not self.misses and self.error is None


async def perform(case: Case, rehearsal: Rehearsal) -> Performance:
    """Let a test's events come in, and compare what becomes of them with what is expected."""
    began = perf_counter()
    found: list[Miss] = []
    error = None
    rehearsal.begin_anew()
    now = _BEGINNING_MS
    try:
        for given, expected in zip(case.given, case.expected, strict=True):
            now, event = await _event(given, rehearsal, now)
            rehearsed = await rehearsal.take(event, now)
            found += [
                miss for one in expected for miss in misses(one, rehearsed, rehearsal.project)
            ]
    except (NoSample, InvalidEvent, InvalidValue, TooSlow) as wrong:
        error = str(wrong)
    return Performance(case=case, misses=found, error=error, seconds=perf_counter() - began)


async def _event(given: GivenEvent, rehearsal: Rehearsal, now: int) -> tuple[int, Given]:
    """Return when an event comes in, and the event."""
    document = given.document
    if given.generate is not None:
        source = document.get("source")
        sample = await rehearsal.samples.given(given.generate, source)
        document = laid_over(document, _document(sample))
    if given.after is not None:
        now += given.after.milliseconds
        document = {**document, "timestamp": _written(now)}
    event = Given.from_json(document, rehearsal.project)
    if event.draft.timestamp is not None:
        now = to_epoch_ms(event.draft.timestamp)
    return now, event


def _written(now: int) -> str:
    try:
        return to_iso(now)
    except OverflowError:
        raise InvalidValue("`after` leads beyond the year 9999") from None


def _document(sample: Given) -> JSONObject:
    draft = sample.draft
    said: JSONObject = {
        "source": sample.source,
        "type": draft.type,
        "timestamp": draft.timestamp,
        "provenance": draft.provenance,
        "payload": draft.payload,
    }
    return {key: value for key, value in said.items() if value is not None}
