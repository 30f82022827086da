"""A small model of one GitHub repository, which a test changes."""

from __future__ import annotations

from itertools import count
from typing import Any

from attrs import define, field

from orgloop.testing.github.delivery import Delivery
from orgloop.testing.github.documents import Documents, Thing, oid, pull_fields, said, suite, user
from orgloop.times import to_epoch_ms, to_iso

_BEGAN = "2026-01-31T08:00:00Z"


@define(eq=False)
class RepositoryModel:
    """Issues, pull requests and runs, in the REST API's words, with what webhooks say of them.

    Every method that changes something does so at ``now``, which moves only by `advance`.
    """

    full_name: str = "acme/shop"
    html: str = "https://github.com"
    now_ms: int = field(factory=lambda: to_epoch_ms(_BEGAN))
    items: dict[int, Thing] = field(factory=dict)
    """Issues, and pull requests as issues, by number."""
    pulls: dict[int, Thing] = field(factory=dict)
    """What pull requests have beyond that."""
    comments: dict[int, Thing] = field(factory=dict)
    reviews: dict[int, Thing] = field(factory=dict)
    review_comments: dict[int, Thing] = field(factory=dict)
    events: list[Thing] = field(factory=list)
    runs: dict[int, Thing] = field(factory=dict)
    suites: dict[int, Thing] = field(factory=dict)
    deliveries: list[Delivery] = field(factory=list)
    """What the webhook would have said, in order."""
    _ids: Any = field(factory=lambda: count(1001))
    _numbers: Any = field(factory=lambda: count(1))

    @property
    def now(self) -> str:
        """The time as GitHub writes it: in whole seconds."""
        return to_iso(self.now_ms // 1000 * 1000).replace(".000Z", "Z")

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ms += round(seconds * 1000)

    @property
    def home(self) -> str:
        return f"{self.html}/{self.full_name}"

    @property
    def document(self) -> Thing:
        """The repository itself."""
        return self._documents.repository()

    @property
    def _documents(self) -> Documents:
        return Documents(self.full_name, self.home)

    # --- issues and pull requests

    def open_issue(self, author: str = "ann", title: str = "It breaks", **fields: Any) -> int:
        """Open an issue and return its number."""
        number = self._open(author, title, "issues", fields)
        self._say("issues", "opened", author, issue=self.items[number])
        return number

    def open_pull(self, author: str = "ann", title: str = "Mend it", **fields: Any) -> int:
        """Open a pull request and return its number."""
        draft = fields.pop("draft", False)
        number = self._open(author, title, "pull", fields)
        self.items[number] |= {"draft": draft, "pull_request": {"merged_at": None}}
        self.pulls[number] = pull_fields(number)
        self._say("pull_request", "opened", author, pull_request=self.pull(number))
        return number

    def pull(self, number: int) -> Thing:
        """Return a pull request as REST gives it alone."""
        item = {key: value for key, value in self.items[number].items() if key != "pull_request"}
        return {**item, **self.pulls[number]}

    def label(self, number: int, name: str, actor: str = "ann") -> None:
        """Put a label on an issue or pull request."""
        self.items[number]["labels"] = [*self.items[number]["labels"], {"name": name}]
        self._happen(number, "labeled", actor, label={"name": name})
        self._say_of(number, "labeled", actor, label={"name": name})

    def assign(self, number: int, who: str, actor: str = "ann") -> None:
        """Assign an issue or pull request."""
        self.items[number]["assignees"] = [*self.items[number]["assignees"], user(who)]
        self._happen(number, "assigned", who, assignee=user(who), assigner=user(actor))
        self._say_of(number, "assigned", actor, assignee=user(who))

    def close(self, number: int, actor: str = "ann") -> None:
        """Close an issue or pull request without merging it."""
        self.items[number] |= {"state": "closed", "closed_at": self.now}
        self._happen(number, "closed", actor)
        self._say_of(number, "closed", actor)

    def reopen(self, number: int, actor: str = "ann") -> None:
        """Open it again."""
        self.items[number] |= {"state": "open", "closed_at": None}
        self._happen(number, "reopened", actor)
        self._say_of(number, "reopened", actor)

    def merge(self, number: int, actor: str = "ann") -> None:
        """Merge a pull request, which closes it."""
        at = self.now
        closed = {"state": "closed", "closed_at": at, "pull_request": {"merged_at": at}}
        self.items[number] |= closed
        self.pulls[number] |= {"merged": True, "merged_at": at, "merged_by": user(actor)}
        self._happen(number, "merged", actor)
        self._happen(number, "closed", actor)
        self._say_of(number, "closed", actor)

    def ready(self, number: int, actor: str = "ann") -> None:
        """Mark a draft as ready for review."""
        self.items[number]["draft"] = False
        self._happen(number, "ready_for_review", actor)
        self._say_of(number, "ready_for_review", actor)

    def push(self, number: int) -> str:
        """Push a commit to a pull request and return its name."""
        self.pulls[number]["head"] = {
            **self.pulls[number]["head"],
            "sha": oid(f"{number}.{next(self._ids)}"),
        }
        self.touch(number)
        return str(self.pulls[number]["head"]["sha"])

    # --- what people say

    def comment(self, number: int, body: str = "Hm.", author: str = "ben") -> int:
        """Comment on an issue or pull request and return the comment's id."""
        comment = self._documents.comment(number, self._said(author, body))
        self.comments[comment["id"]] = comment
        self.touch(number)
        self._say("issue_comment", "created", author, issue=self.items[number], comment=comment)
        return int(comment["id"])

    def edit_comment(self, comment_id: int, body: str, *, touches: bool = True) -> None:
        """Write a comment anew; without ``touches`` its issue does not count as changed."""
        comment = self.comments[comment_id]
        comment |= {"body": body, "updated_at": self.now}
        number = int(comment["issue_url"].rpartition("/")[2])
        if touches:
            self.touch(number)
        who, issue = comment["user"]["login"], self.items[number]
        self._say("issue_comment", "edited", who, issue=issue, comment=comment)

    def delete_comment(self, comment_id: int) -> None:
        """Remove a comment."""
        del self.comments[comment_id]

    def review(
        self,
        number: int,
        state: str = "APPROVED",
        body: str = "Good.",
        author: str = "ben",
        lines: tuple[str, ...] = (),
    ) -> int:
        """Submit a review with comments on ``lines``, and return its id."""
        review = self._documents.review(number, state, self._said(author, body))
        self.reviews[review["id"]] = review
        self.touch(number)
        shown = {**review, "state": state.lower()}
        pull = self.pull(number)
        self._say("pull_request_review", "submitted", author, review=shown, pull_request=pull)
        for line in lines:
            self._review_comment(number, review["id"], line, author)
        return int(review["id"])

    def edit_review(self, review_id: int, body: str) -> None:
        """Write the text of a review anew."""
        review = self.reviews[review_id]
        review |= {"body": body, "updated_at": self.now}
        number = int(review["pull_request_url"].rpartition("/")[2])
        self.touch(number)
        shown = {**review, "state": review["state"].lower()}
        who, pull = review["user"]["login"], self.pull(number)
        self._say("pull_request_review", "edited", who, review=shown, pull_request=pull)

    def edit_review_comment(self, comment_id: int, body: str, *, touches: bool = True) -> None:
        """Write a comment on a line anew."""
        comment = self.review_comments[comment_id]
        comment |= {"body": body, "updated_at": self.now}
        number = int(comment["pull_request_url"].rpartition("/")[2])
        if touches:
            self.touch(number)
        who, pull = comment["user"]["login"], self.pull(number)
        self._say("pull_request_review_comment", "edited", who, comment=comment, pull_request=pull)

    # --- automation

    def run(self, conclusion: str | None = "failure", *, commit: str = "", pull: int = 0) -> int:
        """Begin a workflow run, and end it unless ``conclusion`` is `None`; return its id."""
        number = int(next(self._ids))
        run = self._documents.run(number, len(self.runs) + 1, commit or oid("main"), self.now)
        self.runs[number] = {**run, "pull_requests": [{"number": pull}] if pull else []}
        if conclusion is not None:
            self.end_run(number, conclusion)
        return number

    def end_run(self, number: int, conclusion: str = "failure") -> None:
        """End a workflow run."""
        ended = {"status": "completed", "conclusion": conclusion, "updated_at": self.now}
        self.runs[number] |= ended
        self._say("workflow_run", "completed", "ann", workflow_run=self.runs[number])

    def run_again(self, number: int) -> None:
        """Begin another attempt of a run, which keeps its place in the listing."""
        again = {"status": "in_progress", "conclusion": None, "updated_at": self.now}
        self.runs[number] |= {**again, "run_attempt": self.runs[number]["run_attempt"] + 1}

    def suite(self, commit: str, app: str = "ci", *, pull: int = 0, runs: int = 1) -> int:
        """Begin a check suite and return its id."""
        number = int(next(self._ids))
        branch = f"branch-{pull}" if pull else "main"
        self.suites[number] = {
            **suite(number, commit, branch, app, self.now),
            "pull_requests": [{"number": pull}] if pull else [],
            "latest_check_runs_count": runs,
        }
        return number

    def end_suite(self, number: int, conclusion: str = "success") -> None:
        """End a check suite. Nothing else changes with it."""
        ended = {"status": "completed", "conclusion": conclusion, "updated_at": self.now}
        self.suites[number] |= ended
        self._say("check_suite", "completed", "ann", check_suite=self.suites[number])

    # --- the same for all

    def touch(self, number: int) -> None:
        """Let an issue or pull request count as changed."""
        self.items[number]["updated_at"] = self.now

    def _open(self, author: str, title: str, page: str, fields: Thing) -> int:
        number = int(next(self._numbers))
        item = self._documents.item(number, page, title, author, self.now)
        self.items[number] = {**item, **fields}
        return number

    def _said(self, author: str, body: str) -> Thing:
        return said(next(self._ids), author, body, self.now)

    def _review_comment(self, number: int, review: int, body: str, author: str) -> None:
        comment = self._documents.line_comment(number, review, self._said(author, body))
        self.review_comments[comment["id"]] = comment
        pull = self.pull(number)
        self._say(
            "pull_request_review_comment", "created", author, comment=comment, pull_request=pull
        )

    def _happen(self, number: int, event: str, actor: str, **fields: Any) -> None:
        self.touch(number)
        self.events.append(
            {
                "id": next(self._ids),
                "event": event,
                "actor": user(actor),
                "created_at": self.now,
                "number": number,
                **fields,
            }
        )

    def _say_of(self, number: int, action: str, actor: str, **fields: Any) -> None:
        if number in self.pulls:
            self._say("pull_request", action, actor, pull_request=self.pull(number), **fields)
        else:
            self._say("issues", action, actor, issue=self.items[number], **fields)

    def _say(self, event: str, action: str, actor: str, **things: Thing) -> None:
        number = len(self.deliveries) + 1
        told = {**things, "repository": self.document}
        self.deliveries.append(Delivery.of(number, event, action, actor, told))
