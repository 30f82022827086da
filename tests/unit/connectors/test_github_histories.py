"""Whatever happens, whenever it is polled and whatever breaks: each change is told once."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

from attrs import define, field
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from orgloop.errors import RequestFailed
from orgloop.event import EventDraft
from orgloop.testing.github import FakeGitHub, RepositoryModel
from support.github_polling import Polls

FINAL_POLLS = 15  # a change that moves nothing is found within thirteen

number = st.integers(0, 3)
steps = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 2, 30, 150, 4000])),
    st.tuples(st.just("open"), st.sampled_from(["issue", "pull", "draft"])),
    st.tuples(st.just("comment"), number),
    st.tuples(st.just("edit_comment"), number, st.booleans()),
    st.tuples(st.just("delete_comment"), number),
    st.tuples(st.just("review"), number),
    st.tuples(st.just("edit_review"), number),
    st.tuples(st.just("edit_review_comment"), number, st.booleans()),
    st.tuples(st.just("label"), number),
    st.tuples(st.just("assign"), number),
    st.tuples(st.just("close"), number),
    st.tuples(st.just("merge"), number),
    st.tuples(st.just("ready"), number),
    st.tuples(st.just("run"), st.sampled_from([None, "failure", "success"])),
    st.tuples(st.just("end_run"), number),
    st.tuples(st.just("run_again"), number),
    *[st.tuples(st.just("poll"))] * 5,
    st.tuples(st.just("crash")),
    st.tuples(st.just("break"), st.integers(0, 6)),
)

BEGINNING = (
    ("open", "issue"),
    ("open", "draft"),
    ("comment", 0),
    ("review", 0),
    ("run", None),
    ("poll",),
    ("wait", 1),
    ("open", "pull"),
)


@define
class History:
    """Do what a history says, and remember what must have been told at its end."""

    model: RepositoryModel
    polls: Polls
    expected: set[tuple[Any, ...]] = field(factory=set)
    durable: dict[str, EventDraft] = field(factory=dict)
    since_checkpoint: Counter[str] = field(factory=Counter)

    def do(self, step: tuple[Any, ...]) -> None:
        getattr(self, f"_{step[0]}")(*step[1:])

    def _wait(self, seconds: int) -> None:
        self.model.advance(seconds)

    def _open(self, what: str) -> None:
        if what == "issue":
            made = self.model.open_issue()
            self.expected.add(("issues.opened", made))
        else:
            made = self.model.open_pull(draft=what == "draft")
            self.expected.add(("pull_request.opened", made))

    def _comment(self, which: int) -> None:
        for item in _pick(self.model.items, which):
            self.model.comment(item, f"comment {len(self.model.deliveries)}")

    def _edit_comment(self, which: int, touches: bool) -> None:
        for comment in _pick(self.model.comments, which):
            self.model.edit_comment(comment, f"edit {len(self.model.deliveries)}", touches=touches)

    def _delete_comment(self, which: int) -> None:
        for comment in _pick(self.model.comments, which):
            self.model.delete_comment(comment)

    def _review(self, which: int) -> None:
        for pull in _pick(self.model.pulls, which):
            said = f"review {len(self.model.deliveries)}"
            self.model.review(pull, body=said, lines=(f"{said} a", f"{said} b"))

    def _edit_review(self, which: int) -> None:
        for review in _pick(self.model.reviews, which):
            self.model.advance(1)
            self.model.edit_review(review, f"edit {len(self.model.deliveries)}")

    def _edit_review_comment(self, which: int, touches: bool) -> None:
        for comment in _pick(self.model.review_comments, which):
            said = f"edit {len(self.model.deliveries)}"
            self.model.edit_review_comment(comment, said, touches=touches)

    def _label(self, which: int) -> None:
        for item in _pick(self.model.items, which):
            self.model.label(item, "bug")
            if item not in self.model.pulls:
                self.expected.add(("issue_event", self.model.events[-1]["id"]))

    def _assign(self, which: int) -> None:
        for item in _pick(self.model.items, which):
            self.model.assign(item, "ben")
            if item not in self.model.pulls:
                self.expected.add(("issue_event", self.model.events[-1]["id"]))

    def _ready(self, which: int) -> None:
        for pull in _pick(self.model.pulls, which):
            self.model.ready(pull)
            self.expected.add(("issue_event", self.model.events[-1]["id"]))

    def _close(self, which: int) -> None:
        for pull in _pick(self.model.pulls, which):
            if self.model.pulls[pull]["merged"]:
                continue
            self.model.advance(2)  # what is closed twice in a second was closed once
            if self.model.items[pull]["state"] == "closed":
                self.model.reopen(pull)
            else:
                self.model.close(pull)
                self.expected.add(("closed", pull, self.model.now))

    def _merge(self, which: int) -> None:
        for pull in _pick(self.model.pulls, which):
            if self.model.items[pull]["state"] == "open":
                self.model.advance(2)
                self.model.merge(pull)
                self.expected.add(("merged", pull, self.model.now))

    def _run(self, conclusion: str | None) -> None:
        self.model.run(conclusion)

    def _end_run(self, which: int) -> None:
        for run in _pick(self.model.runs, which):
            if self.model.runs[run]["status"] != "completed":
                self.model.end_run(run)

    def _run_again(self, which: int) -> None:
        for run in _pick(self.model.runs, which):
            if self.model.runs[run]["status"] == "completed":
                self.model.run_again(run)

    def _poll(self) -> None:
        self._keep(self.polls.poll())

    def _crash(self) -> None:
        """What is reported becomes durable, and then the checkpoint is not written."""
        for draft in self.polls.ask().events:
            self.durable[str(draft.key)] = draft

    def _break(self, after: int) -> None:
        left = iter(range(after))

        def fail(request: object) -> None:
            if next(left, None) is None:
                raise RequestFailed("the connection was lost")

        with suppress(RequestFailed):
            self._keep(self.polls.poll(fail))

    def _keep(self, drafts: list[EventDraft]) -> None:
        for draft in drafts:
            self.since_checkpoint[str(draft.key)] += 1
            self.durable[str(draft.key)] = draft

    def all_expected(self) -> set[tuple[Any, ...]]:
        """Return what must be there: every happening, and the last version of what was said."""
        versions = {("comment", one["id"], one["body"]) for one in self.model.comments.values()}
        versions |= {
            ("comment", one["id"], one["body"]) for one in self.model.review_comments.values()
        }
        for review in self.model.reviews.values():
            if self.polls.github.has_graphql or "updated_at" not in review:
                versions.add(("review", review["id"], review["body"]))
        failed = {
            ("run", run["id"], run["run_attempt"])
            for run in self.model.runs.values()
            if run["conclusion"] == "failure"
        }
        return self.expected | versions | failed


def told(draft: EventDraft) -> tuple[Any, ...]:
    """Return which change an event is about."""
    kind, payload = draft.provenance["platform_event"], draft.payload or {}
    if kind in ("pull_request.opened", "issues.opened"):
        return kind, payload.get("pr_number") or payload.get("issue_number")
    if kind == "pull_request.closed":
        return "closed", payload["pr_number"], draft.timestamp
    if kind == "pull_request.merged":
        return "merged", payload["pr_number"], draft.timestamp
    if "comment" in kind:
        return "comment", payload["comment_id"], payload["comment_body"]
    if kind == "pull_request.review_submitted":
        return "review", payload["review_id"], payload["review_body"]
    if kind == "workflow_run.completed":
        return "run", payload["run_id"], payload["run_attempt"]
    return "issue_event", int(str(draft.key).removeprefix("issue_event:"))


@settings(max_examples=30, deadline=None, phases=set(Phase) - {Phase.explain})
@given(
    history=st.lists(steps, min_size=5, max_size=40),
    has_graphql=st.booleans(),
    has_etags=st.booleans(),
    largest_page=st.sampled_from([2, 100]),
    skew=st.sampled_from([-1, 0, 1]),
)
def test_each_change_is_told_once(
    history: list[tuple[Any, ...]],
    has_graphql: bool,
    has_etags: bool,
    largest_page: int,
    skew: int,
) -> None:
    github = FakeGitHub(
        has_graphql=has_graphql, has_etags=has_etags, largest_page=largest_page, skew_seconds=skew
    )
    model = github.repository()
    done = History(model, Polls(github))
    for step in BEGINNING:
        done.do(step)

    for step in history:
        done.do(step)
    for _ in range(FINAL_POLLS):
        model.advance(60)
        done.do(("poll",))

    missing = done.all_expected() - {told(draft) for draft in done.durable.values()}
    assert missing == set()
    assert [key for key, times in done.since_checkpoint.items() if times > 1] == []


def _pick(things: dict[int, Any], which: int) -> list[int]:
    """Return one of the things there are, or none if there are none."""
    return [sorted(things)[which % len(things)]] if things else []
