"""Whether every session that was taken on ends: once as said, or once as lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from faults.books import Kept
from faults.evidence import Evidence
from faults.load import Agents
from faults.project import EXPECT_STOP_SECONDS


def every_session_ends_once(evidence: Evidence) -> Iterator[str]:
    """A stop for each session, tied to the event that began it."""
    said: dict[str, list[Kept]] = defaultdict(list)
    lost: dict[str, list[Kept]] = defaultdict(list)
    for event in evidence.books.events.values():
        tracking_id = event.provenance.get("tracking_id")
        if event.source == "tracked" and isinstance(tracking_id, str):
            (lost if _is_lost(event) else said)[tracking_id].append(event)
    for row in evidence.books.rows:
        if row.route != "tracked" or row.state != "delivered":
            continue
        tracking_id = row.tracking_id or ""
        stops = [*said[tracking_id], *lost[tracking_id]]
        where = (
            f"{row.id} of tracked ({len(said[tracking_id])} stops, {len(lost[tracking_id])} lost)"
        )
        if not stops or len(said[tracking_id]) > 1 or len(lost[tracking_id]) > 1:
            yield f"{where} has not ended once"
        if Agents.says_stop(tracking_id) != bool(said[tracking_id]):
            yield f"{where}: what its agent said is not what the log holds"
        if lost[tracking_id] and _was_in_time(evidence, row.id, tracking_id):
            yield f"{where} counts as lost, although its stop came in time"
        began = evidence.books.event_of(row)
        for stop in stops:
            if began is None or (stop.parent, stop.trace) != (began.id, began.trace):
                yield f"{where}: stop {stop.seq} is not tied to the event that began it"


def _is_lost(event: Kept) -> bool:
    return event.payload.get("reason") == "lost" or "lost" in str(event.payload)


def _was_in_time(evidence: Evidence, key: str, tracking_id: str) -> bool:
    taken = [one.at for one in evidence.by_key[key] if one.status == 202]
    stopped_at = evidence.stopped.get(tracking_id, float("inf"))
    # By how much the clock is set between the last note of the time and a kill, or while nothing
    # runs, cannot be told from time that passed.
    hurried = evidence.hurried_seconds if evidence.kills else 0.0
    return bool(taken) and stopped_at < taken[0] + EXPECT_STOP_SECONDS - 1.0 - hurried
