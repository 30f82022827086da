"""Tell what is new from what is known, and make events of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zlib import crc32

from attrs import define, field

from orgloop.connectors.github import events
from orgloop.connectors.github.events import Object
from orgloop.connectors.github.position import Position, Track, moment
from orgloop.event import EventDraft

# The object and its event get their times one after the other; the listing of events has both.
_SAME_CLOSING_MS = 1000


@define(eq=False)
class News:
    """Collect the events of one poll; the position knows afterwards what they are about.

    What is offered may be known, and may be offered more than once.
    """

    _position: Position
    _home: str
    """The repository's page, for people."""
    drafts: list[EventDraft] = field(factory=list, init=False)

    @property
    def _repository(self) -> str:
        return self._position.name

    def opened(self, item: Object) -> None:
        """An issue or pull request, with everything that is known of it."""
        track, name = self._position.issues, f"opened:{item['number']}"
        created = moment(item.get("created_at"))
        if name in track.seen or created < track.since:
            return
        track.note(name, created)
        is_pull = events.is_pull_request(item)
        make = events.pull_request_opened if is_pull else events.issue_opened
        self.drafts.append(make(self._repository, item))

    def happened(self, event: Object, item: Object) -> None:
        """An issue event; ``item`` is what it happened to."""
        track, name, at = self._position.events, str(event["id"]), moment(event.get("created_at"))
        if not track.is_news(name, at):
            return
        track.note(name, at)
        make = self._of_pull if events.is_pull_request(item) else self._of_issue
        self.drafts += make(event, item)

    def _of_issue(self, event: Object, issue: Object) -> Iterable[EventDraft]:
        actor, at, number = event.get("actor"), event.get("created_at"), event["id"]
        if event.get("event") == "labeled":
            label = event.get("label") or {}
            yield events.issue_labeled(self._repository, issue, label, actor, at, number)
        elif event.get("event") == "assigned":
            who = event.get("assigner") or actor
            assignee = event.get("assignee")
            yield events.issue_assigned(self._repository, issue, assignee, who, at, number)

    def _of_pull(self, event: Object, pull: Object) -> Iterable[EventDraft]:
        kind, actor, at = event.get("event"), event.get("actor"), event.get("created_at")
        if kind == "ready_for_review":
            yield events.pull_request_ready_for_review(
                self._repository, pull, actor, at, event["id"]
            )
        elif kind in ("closed", "merged"):
            yield from self._closing(pull, actor, at)

    def _closing(self, pull: Object, actor: Object | None, at: object) -> Iterable[EventDraft]:
        """One of the two events that a merge makes is enough, and is told from a closing before."""
        merged = events.merged_at_of(pull)
        if merged is not None and moment(at) < moment(merged) - _SAME_CLOSING_MS:
            pull = {**pull, "state": "closed", "merged_at": None, "pull_request": {}}
        when = moment(merged if events.merged_at_of(pull) is not None else at)
        if self._notes_closing(pull, when):
            yield events.pull_request_closed(self._repository, pull, actor, at)

    def closed(self, item: Object) -> None:
        """A pull request that is closed, whether or not an issue event has said so."""
        at = moment(events.merged_at_of(item) or item.get("closed_at"))
        track = self._position.events
        nearby = range(at - _SAME_CLOSING_MS, at + _SAME_CLOSING_MS + 1, _SAME_CLOSING_MS)
        is_told = any(_closing_name(item, near) in track.seen for near in nearby)
        if at >= track.since and not is_told and self._notes_closing(item, at):
            who = item.get("merged_by") or item.get("closed_by")
            self.drafts.append(events.pull_request_closed(self._repository, item, who))

    def _notes_closing(self, pull: Object, at: int) -> bool:
        track, name = self._position.events, _closing_name(pull, at)
        if name in track.seen:
            return False
        track.note(name, at)
        return True

    def comment(self, item: Object, comment: Object) -> None:
        """A comment on an issue or pull request."""
        is_edit = _news_of(self._position.comments, comment, events.changed_at(comment))
        if is_edit is not None:
            self.drafts.append(
                events.issue_comment(self._repository, item, comment, is_edit=is_edit)
            )

    def review_comment(self, item: Object, comment: Object) -> None:
        """A comment on a line of a pull request."""
        is_edit = _news_of(self._position.review_comments, comment, events.changed_at(comment))
        if is_edit is not None:
            self.drafts.append(
                events.review_comment(self._repository, item, comment, is_edit=is_edit)
            )

    def review(self, item: Object, review: Object) -> None:
        """A review; one that is not submitted yet is nobody's business."""
        submitted = review.get("submitted_at")
        if not submitted or str(review.get("state")).upper() == "PENDING":
            return
        at = review.get("updated_at") or submitted
        thing = {"id": review["id"], "created_at": submitted, "body": review.get("body")}
        is_edit = _news_of(self._position.reviews, thing, at)
        if is_edit is not None:
            # One that was edited before it was seen is new, and known by its last edit.
            written = {**review, "submitted_at": at}
            self.drafts.append(
                events.review_submitted(self._repository, item, written, is_edit=is_edit)
            )

    def run(self, run: Object) -> bool:
        """A workflow run; say whether it has ended and that was not known yet."""
        track, at = self._position.runs, moment(run.get("updated_at"))
        name = f"{run['id']}:{run.get('run_attempt') or 1}"
        if run.get("status") != "completed" or name in track.seen or at < track.since:
            return False
        track.note(name, at)
        if events.is_failed_run(run):
            self.drafts.append(events.workflow_run_completed(self._repository, run))
        return True

    def suite(self, suite: Object) -> None:
        """A check suite that has ended."""
        track, name, at = (
            self._position.suites,
            str(suite.get("id")),
            moment(suite.get("updated_at")),
        )
        if suite.get("status") == "completed" and track.is_news(name, at):
            track.note(name, at)
            self.drafts.append(events.check_suite_completed(self._repository, suite, self._home))


def _news_of(track: Track, thing: Mapping[str, Any], changed: object) -> bool | None:
    """Return `None` for what is known, else whether only the change of a known thing is news.

    What reads otherwise than before has changed, although it was in the same second.
    """
    name, at = str(thing["id"]), moment(changed)
    if not is_said_anew(track, thing, at):
        return None
    is_edit = track.is_known_thing(name, moment(thing.get("created_at")))
    track.note(name, at)
    track.note(_wording(thing), at)
    return is_edit


def is_said_anew(track: Track, thing: Mapping[str, Any], at: int) -> bool:
    """Whether a comment or review is new, or has been written to since it was seen."""
    name = str(thing["id"])
    return track.is_news(name, at) or (
        track.seen.get(name) == at and _wording(thing) not in track.seen
    )


def _wording(thing: Mapping[str, Any]) -> str:
    said = str(thing.get("body")).encode("utf-8", "surrogatepass")
    return f"{thing['id']}#{crc32(said):08x}"


def _closing_name(pull: Object, at: int) -> str:
    return f"closed:{pull['number']}:{at}"
