"""The promises, as questions to what a round leaves behind. Each answers with what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from faults import conservation, receiving, stops
from faults.evidence import Evidence

_SHOWN = 12


def violations(evidence: Evidence) -> list[str]:
    """Return everything that is wrong; of each kind the first few."""
    found: list[str] = [*evidence.books.damage]
    for check in (
        conservation.accepted_events_are_in_the_log,
        conservation.every_event_is_settled_once_per_route,
        conservation.groups_add_up,
        conservation.nothing_dies_without_a_reason,
        receiving.what_is_delivered_has_arrived,
        receiving.what_arrives_is_in_the_books,
        receiving.repetitions_have_a_reason,
        receiving.order_is_kept,
        receiving.commands_run_once,
        stops.every_session_ends_once,
        no_mistakes_of_its_own,
    ):
        wrong = list(check(evidence))
        found += wrong[:_SHOWN]
        if len(wrong) > _SHOWN:
            found.append(f"… and {len(wrong) - _SHOWN} more of that kind")
    return found


def no_mistakes_of_its_own(evidence: Evidence) -> Iterator[str]:
    """The runtime logs what it holds for a mistake of its own as critical."""
    for line in evidence.application_log.splitlines():
        if '"critical"' in line:
            yield f"logged as critical: {line[:400]}"
