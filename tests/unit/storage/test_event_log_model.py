"""The event log against a model of it, over crashes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from twisted.internet.defer import Deferred

from orgloop.records import Appended, EventQuery
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.testing.storage_records import event_id_of, new_event
from support.storage import ManualWorker, result_of

_projects = st.sampled_from(["a", "b"])
_numbers = st.integers(0, 15)


@define
class Modelled:
    """What one project should hold: sequence number and event number, in order."""

    events: dict[int, int] = field(factory=dict)

    def seq_of(self, number: int) -> int | None:
        return next((seq for seq, one in self.events.items() if one == number), None)


class EventLogMachine(RuleBasedStateMachine):
    """Appends are given, and committed by and by; a crash forgets those that were not."""

    def __init__(self) -> None:
        super().__init__()
        self._root = Path(tempfile.mkdtemp())
        self._generation = 0
        self._workers: list[ManualWorker] = []
        self._under_way: list[tuple[str, list[int], Deferred[list[Appended]]]] = []
        self._model = {"a": Modelled(), "b": Modelled()}
        self._high = 0
        self._open(self._root / "events.db")

    def _open(self, path: Path) -> None:
        self._path = path
        self._workers = []
        self._log = SQLiteEventLog(path, self._new_worker)
        assert self._high == self._now(lambda: self._opened_high())

    async def _opened_high(self) -> int:
        await self._log.probe()
        return await self._log.high()

    def _new_worker(self, name: str) -> ManualWorker:
        self._workers.append(ManualWorker(name))
        return self._workers[-1]

    def _now(self, call: Callable[[], Any]) -> Any:
        """Return what a call gives, with everything under way committed."""
        pending = Deferred.fromCoroutine(call())
        while not pending.called:
            assert sum(worker.steps() for worker in self._workers)
        return result_of(pending)

    @rule(project=_projects, numbers=st.lists(_numbers, min_size=1, max_size=40))
    def append(self, project: str, numbers: list[int]) -> None:
        events = [new_event(n, project=project, source=f"s{n % 3}") for n in numbers]
        self._under_way.append((project, numbers, self._log.append(events)))

    @rule()
    def commit(self) -> None:
        while sum(worker.steps() for worker in self._workers):
            pass
        under_way, self._under_way = self._under_way, []
        for project, numbers, pending in under_way:
            for number, answer in zip(numbers, result_of(pending), strict=True):
                self._appended(project, number, answer)

    def _appended(self, project: str, number: int, answer: Appended) -> None:
        model = self._model[project]
        known = model.seq_of(number)
        assert answer.event_id == event_id_of(number)
        assert answer.duplicate == (known is not None)
        if known is not None:
            assert answer.seq == known
            return
        assert answer.seq > self._high
        self._high = answer.seq
        model.events[answer.seq] = number

    @rule()
    def crash(self) -> None:
        """Go on with what a kill would leave on disk; the appends under way were never made."""
        self._generation += 1
        left = self._root / f"{self._generation}"
        left.mkdir()
        for name in ("events.db", "events.db-wal"):
            if (self._path.parent / name).exists():
                shutil.copy(self._path.parent / name, left / name)
        self._abandon()
        self._open(left / "events.db")

    def _abandon(self) -> None:
        self._under_way = []
        self._now(self._log.close)

    @rule()
    def reopen(self) -> None:
        self.commit()
        self._now(self._log.close)
        self._open(self._path)

    @rule(project=_projects, back=st.integers(0, 10), limit=st.integers(1, 5))
    def prune(self, project: str, back: int, limit: int) -> None:
        self.commit()
        events = self._model[project].events
        expected = [seq for seq in events if seq <= self._high - back][:limit]
        may_go = self._now(
            lambda: self._log.prunable(
                project, accepted_before=1_000, after=0, up_to=self._high - back, limit=limit
            )
        )
        assert may_go == expected
        forgetting = self._log.forget(project, may_go[1:])
        self.commit()
        assert result_of(forgetting) == len(may_go[1:])
        for seq in may_go[1:]:
            del events[seq]

    @rule(project=_projects, number=_numbers)
    def get(self, project: str, number: int) -> None:
        self.commit()
        found = self._now(lambda: self._log.get(project, event_id_of(number)))
        assert (found.seq if found else None) == self._model[project].seq_of(number)

    @rule(project=_projects, after=st.integers(0, 60), limit=st.integers(1, 50))
    def read(self, project: str, after: int, limit: int) -> None:
        self.commit()
        records = self._now(lambda: self._log.read(project, after, limit))
        expected = [one for one in self._model[project].events.items() if one[0] > after][:limit]
        assert [(one.seq, one.event.payload["number"]) for one in records] == expected

    @rule(project=_projects, source=st.integers(0, 2))
    def query(self, project: str, source: int) -> None:
        self.commit()
        query = EventQuery(project=project, sources=[f"s{source}"], limit=1_000)
        records = self._now(lambda: self._log.query(query))
        events = self._model[project].events
        expected = [seq for seq, number in events.items() if number % 3 == source]
        assert [one.seq for one in records] == expected[::-1]

    @invariant()
    def nothing_is_heard_of_before_its_commit(self) -> None:
        assert not any(pending.called for _, _, pending in self._under_way)

    def teardown(self) -> None:
        self._abandon()
        shutil.rmtree(self._root)


TestEventLog = EventLogMachine.TestCase
TestEventLog.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
