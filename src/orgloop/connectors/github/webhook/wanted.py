"""Which of the events that come in are reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orgloop.connectors.github.events import KINDS

SPOKEN: Mapping[str, str] = {
    "pull_request.review_submitted": "pull_request_review.submitted",
    "pull_request_review_comment": "pull_request_review_comment.created",
    "issue_comment": "issue_comment.created",
    "issue_comment.edited": "issue_comment.edited",
}
"""The kinds whose identity does not depend on how they were heard of, with GitHub's own names."""


def wants(events: Sequence[str], kind: str, full_name: str) -> bool:
    """Whether ``events`` of the configuration asks for an event; an empty one asks for all.

    ``kind`` is ``provenance.platform_event``, ``full_name`` what GitHub calls it. GitHub's names
    count, too, with or without the action; where a kind has the same name, that is what is meant.
    """
    names = {full_name, full_name.partition(".")[0]}.difference(KINDS) | {kind}
    return not events or not names.isdisjoint(events)


def spoken(events: Sequence[str]) -> tuple[str, ...]:
    """Return those of `SPOKEN` that are asked for."""
    return tuple(kind for kind, full_name in SPOKEN.items() if wants(events, kind, full_name))
