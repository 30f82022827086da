"""Whether what the receivers saw is what the books say: at least once, in order, as promised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from faults.books import Row
from faults.evidence import Evidence
from faults.project import LONGEST_RUN_SECONDS, MAX_ATTEMPTS, ROUTES
from faults.sinks import Arrival


def what_is_delivered_has_arrived(evidence: Evidence) -> Iterator[str]:
    """A row is ``delivered`` only if its receiver took it."""
    for row in evidence.books.rows:
        if row.state == "delivered" and row.route not in ("agent", None):
            taken = [one for one in evidence.by_key.get(row.id, ()) if _is_taken(one)]
            if not taken:
                yield f"{row.id} of {row.route} is delivered, and its receiver never took it"


def what_arrives_is_in_the_books(evidence: Evidence) -> Iterator[str]:
    """Keys are known, and a key always brings the same."""
    by_id = evidence.books.by_id()
    for key, arrivals in evidence.by_key.items():
        row = by_id.get(key)
        if row is None:
            yield f"{key} of {arrivals[0].route} arrived, and the books know no such delivery"
            continue
        yield from _wrong_content(evidence, row, arrivals)
        last = arrivals[-1]
        is_lost = _is_taken(last) and row.state != "delivered"
        if is_lost and not evidence.may_repeat(last.at, last.answered_at, float("inf")):
            yield f"{key} of {row.route} was taken, and is {row.state}"


def _wrong_content(evidence: Evidence, row: Row, arrivals: list[Arrival]) -> Iterator[str]:
    if len({one.body for one in arrivals}) > 1:
        yield f"{row.id} of {row.route} arrived with different contents"
    members = row.members if row.replay < 0 else [row]
    events = [evidence.books.event_of(one) for one in members]
    expected = [event.id for event in events if event is not None]
    if arrivals[0].events != expected:
        yield f"{row.id} of {row.route} brought {arrivals[0].events}, expected {expected}"
    if {one.route for one in arrivals} != {row.route}:
        yield f"{row.id} of {row.route} came as {arrivals[0].route}"


def repetitions_have_a_reason(evidence: Evidence) -> Iterator[str]:
    """What was answered for good comes again only if the answer may not be known."""
    for key, arrivals in evidence.by_key.items():
        for one, again in pairwise(arrivals):
            is_final = _is_taken(one) or one.status == 400
            if is_final and not evidence.may_repeat(one.at, one.answered_at, again.at):
                yield (
                    f"{key} of {one.route} was answered {one.status} at {one.at:.3f} and came "
                    f"again at {again.at:.3f}"
                )


def order_is_kept(evidence: Evidence) -> Iterator[str]:
    """In each line, nothing comes before what precedes it is over.

    But a probe passes a delivery that has used up its attempts.
    """
    lines: dict[tuple[str, object], list[tuple[int, list[Arrival]]]] = defaultdict(list)
    by_id = evidence.books.by_id()
    for key, arrivals in evidence.by_key.items():
        row = by_id.get(key)
        rule = ROUTES.get(row.route or "") if row is not None else None
        event = evidence.books.event_of(row) if row is not None else None
        if row is None or rule is None or event is None or rule.ordered_by is None:
            continue
        line = event.payload["key"] if rule.ordered_by == "key" else ""
        lines[str(row.route), line].append((event.seq, arrivals))
    for line, members in lines.items():
        in_order = sorted(members, key=lambda one: one[0])
        for (seq, first), (next_seq, second) in pairwise(in_order):
            was_passed = first[-1].attempt >= MAX_ATTEMPTS
            if first[-1].at > second[0].at and not was_passed:
                yield (
                    f"in line {line} event {next_seq} came at {second[0].at:.3f}, before event "
                    f"{seq} was over at {first[-1].at:.3f}"
                )


def commands_run_once(evidence: Evidence) -> Iterator[str]:
    """What the command did to its end is done again only after a kill.

    It may have come to its end after the kill: what is left over is ended by the next start.
    """
    rows = {row.id: row for row in evidence.books.rows if row.route == "agent"}
    done: dict[str, list[float]] = defaultdict(list)
    for run in evidence.runs:
        done[run.key].append(run.at)
        if run.key not in rows:
            yield f"the command ran for {run.key}, which the books do not know"
    for key, row in rows.items():
        if row.state == "delivered" and not done[key]:
            yield f"{key} of agent is delivered, and the command never ran to its end"
        for at, again_at in pairwise(done[key]):
            if not evidence.may_repeat(at - LONGEST_RUN_SECONDS, at, again_at):
                yield f"the command ran for {key} at {at:.3f} and again at {again_at:.3f}"


def _is_taken(arrival: Arrival) -> bool:
    return arrival.status is not None and 200 <= arrival.status < 300
