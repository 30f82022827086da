"""The list of events, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

import orjson
from attrs import evolve, frozen

from orgloop.delivery import Delivery, DeliveryState
from orgloop.event import EVENT_TYPES
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.shapes import event_shape
from orgloop.http.view import Runtime
from orgloop.records import EventQuery, EventRecord

_STATES = frozenset(str(state) for state in DeliveryState)
_STRETCH = 200  # events read and shown in one go: others get their turn in between
_STRETCH_BYTES = 8_000_000
_MOST_STRETCHES = 100  # looked at for one page: a rare state does not stall the runtime

Shown = dict[str, Any]


@frozen
class Events:
    """``GET /api/events``."""

    _runtime: Runtime

    async def show(self, call: Call) -> Answer:
        """Answer a page of events, filtered by what they are and by what became of them."""
        limit = call.limit()
        query = EventQuery(
            project=call.text("project"),
            sources=call.words("source"),
            types=call.words("type", EVENT_TYPES),
            trace_id=call.text("trace"),
            accepted_from=call.moment("from"),
            accepted_to=call.moment("to"),
            before_seq=call.position(),
            limit=limit,
        )
        wanted = _Wanted(
            frozenset(call.words("route")),
            frozenset(call.words("state", _STATES)),
            _as_kept(call.text("find")),
        )
        page, cursor = await self._page(query, wanted)
        headers = call.next_page(str(cursor)) if cursor is not None else ()
        return Answer.of(page, headers=headers)

    async def _page(self, query: EventQuery, wanted: _Wanted) -> tuple[list[Shown], int | None]:
        """Return the page, and where the next one begins if there may be one."""
        page: list[Shown] = []
        before = query.before_seq
        for _ in range(_MOST_STRETCHES):
            size = min(query.limit - len(page), _STRETCH) if wanted.everything else _STRETCH
            records = await self._runtime.log.query(
                evolve(query, before_seq=before, limit=size, most_bytes=_STRETCH_BYTES)
            )
            for record, rows in await self._with_rows(await self._holding(wanted.text, records)):
                if wanted.has(rows):
                    project = self._runtime.projects.get(record.project)
                    page.append(event_shape(record, rows, project))
                if len(page) == query.limit:
                    return page, record.seq
            if len(records) < size and _bytes_of(records) < _STRETCH_BYTES:
                return page, None
            before = records[-1].seq
        return page, before

    async def _holding(self, text: bytes, records: Sequence[EventRecord]) -> Sequence[EventRecord]:
        """Return those that hold a text; beside the reactor, as they may be large."""
        if not text or not records:
            return records
        return await self._runtime.run_in_thread(partial(_that_hold, text), records)

    async def _with_rows(
        self, records: Sequence[EventRecord]
    ) -> list[tuple[EventRecord, Sequence[Delivery]]]:
        seqs: defaultdict[str, list[int]] = defaultdict(list)
        for record in records:
            seqs[record.project].append(record.seq)
        rows: dict[int, list[Delivery]] = {}
        for name, wanted in seqs.items():
            project = self._runtime.projects.get(name)
            if project is not None:
                rows.update(await project.queue.for_events(wanted))
        return [(record, rows.get(record.seq, ())) for record in records]


@frozen
class _Wanted:
    """What an event must hold, and what must have become of it; empty is no restriction."""

    routes: frozenset[str]
    states: frozenset[str]
    text: bytes

    @property
    def everything(self) -> bool:
        return not self.routes and not self.states and not self.text

    def has(self, rows: Sequence[Delivery]) -> bool:
        """Whether one of an event's rows is wanted."""
        return not (self.routes or self.states) or any(
            (not self.routes or row.route in self.routes)
            and (not self.states or str(row.state) in self.states)
            for row in rows
        )


def _that_hold(text: bytes, records: Sequence[EventRecord]) -> Sequence[EventRecord]:
    return [record for record in records if text in record.body.lower()]


def _bytes_of(records: Sequence[EventRecord]) -> int:
    return sum(len(record.body) for record in records)


def _as_kept(text: str | None) -> bytes:
    """Return a text the way it stands in the JSON of an event, with small letters of ASCII."""
    return b"" if text is None else orjson.dumps(text)[1:-1].lower()
