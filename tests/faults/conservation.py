"""Whether the books add up: every accepted event, once per route, settled with a reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from faults.books import DEAD_LETTERS, OPEN, Kept, Row
from faults.evidence import Evidence
from faults.project import BATCH_MAX, MAX_ATTEMPTS, ROUTES, Rule


def accepted_events_are_in_the_log(evidence: Evidence) -> Iterator[str]:
    """What was answered 200 is kept, and nothing is kept twice."""
    numbers = Counter(
        event.number for event in evidence.books.events.values() if event.source == "hook"
    )
    for number in evidence.accepted:
        if number not in numbers:
            yield f"ticket {number} was answered 200 and is not in the log"
    for number, count in numbers.items():
        if count > 1:
            yield f"ticket {number} is in the log {count} times"


def every_event_is_settled_once_per_route(evidence: Evidence) -> Iterator[str]:
    """Exactly one row for each route that matches, settled; none for those that do not."""
    rows: dict[tuple[int, str | None], list[Row]] = defaultdict(list)
    for row in evidence.books.rows:
        if row.replay == 0:
            rows[row.event_seq, row.route].append(row)
    first_twins = _first_twins(evidence)
    for event in evidence.books.events.values():
        wanted = _routes_of(event)
        for route in wanted:
            found = rows.pop((event.seq, route), [])
            if len(found) != 1:
                yield f"event {event.seq} (ticket {event.number}) has {len(found)} rows of {route}"
            for row in found:
                yield from _wrong_state(row, event, first_twins)
        if not wanted:
            rows.pop((event.seq, None), None)
    for (seq, route), _ in rows.items():
        yield f"a row of {route} for event {seq}, which does not match or is not in the log"


def _routes_of(event: Kept) -> list[str]:
    if event.source == "hook":
        is_special = event.payload["kind"] == "special"
        return [name for name, rule in ROUTES.items() if is_special or not rule.special_only]
    return ["stops"] if event.source == "tracked" else []


def _first_twins(evidence: Evidence) -> set[int]:
    """Return the sequence numbers of events that no earlier one makes a repetition."""
    first: dict[object, int] = {}
    for seq, event in sorted(evidence.books.events.items()):
        if event.source == "hook" and event.payload["kind"] != "noise":
            first.setdefault(event.payload["twin"], seq)
    return set(first.values())


def _wrong_state(row: Row, event: Kept, first_twins: set[int]) -> Iterator[str]:
    rule = ROUTES.get(row.route or "", Rule())
    where = f"{row.id} of {row.route}, ticket {event.number}"
    if row.state in OPEN:
        yield f"{where} is still {row.state}"
    is_noise = rule.drops_noise and event.payload.get("kind") == "noise"
    is_twin = rule.drops_twins and not is_noise and event.seq not in first_twins
    if (row.state == "dropped") != (is_noise or is_twin):
        yield f"{where} is {row.state}; noise: {is_noise}, seen before: {is_twin}"
    if row.state == "merged" and rule.gathers is None:
        yield f"{where} is merged, but its route gathers nothing"
    if row.state not in {*OPEN, *DEAD_LETTERS, "delivered", "dropped", "merged"}:
        yield f"{where} is {row.state}, which nobody asked for"
    if row.state not in OPEN and row.settled_at is None:
        yield f"{where} is {row.state} and has no time of its settlement"


def groups_add_up(evidence: Evidence) -> Iterator[str]:
    """Merged rows name what carries them; a batch has members enough and not too many."""
    by_id = evidence.books.by_id()
    for row in evidence.books.rows:
        carrier = by_id.get(row.into or "")
        if row.state == "merged" and (carrier is None or carrier.state == "merged"):
            yield f"{row.id} is merged into {row.into}, which carries nothing"
        if row.state != "merged" and row.into is not None:
            yield f"{row.id} is {row.state}, and into {row.into}"
        if row.replay < 0 and not 1 <= len(row.members) <= BATCH_MAX:
            yield f"batch {row.id} has {len(row.members)} members"
        if row.replay < 0 and row.state in OPEN:
            yield f"batch {row.id} is still {row.state}"
        if row.route == "bulk" and row.replay == 0 and row.state == "delivered":
            yield f"{row.id} was delivered by itself, and not in a batch"


def nothing_dies_without_a_reason(evidence: Evidence) -> Iterator[str]:
    """Dead is what was tried as often as it may be; most of what dies is poisoned."""
    for row in evidence.books.rows:
        errors = sum(outcome == "error" for _, outcome in row.attempts)
        if row.state == "dead" and errors < MAX_ATTEMPTS:
            yield f"{row.id} of {row.route} is dead after {errors} errors: {row.error}"
        if row.state == "rejected" and not _was_refused(evidence, row):
            yield f"{row.id} of {row.route} is rejected, and nobody did: {row.error}"


def _was_refused(evidence: Evidence, row: Row) -> bool:
    return any(one.status == 400 for one in evidence.by_key.get(row.id, ()))


def is_poisoned(evidence: Evidence, row: Row) -> bool:
    """Say whether a delivery or a member of it carries a poisoned ticket."""
    events = [evidence.books.event_of(one) for one in (row, *row.members)]
    return any(event is not None and event.is_poisoned for event in events)
