"""What a source is asked to report."""

from __future__ import annotations

from attrs import frozen

from orgloop.connectors.github.config import GitHubConfig
from orgloop.event import EventDraft


@frozen
class Scope:
    """Which kinds, whose, and about what; also which listings are worth asking for."""

    kinds: frozenset[str]
    authors: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()

    @classmethod
    def of(cls, config: GitHubConfig) -> Scope:
        return cls(
            frozenset(config.events),
            frozenset(author.lower() for author in config.authors),
            frozenset(config.labels),
        )

    def takes(self, draft: EventDraft) -> bool:
        """Whether an event is to be reported."""
        provenance = draft.provenance
        if provenance["platform_event"] not in self.kinds:
            return False
        if self.authors and str(provenance["author"]).lower() not in self.authors:
            return False
        return not self.labels or not self.labels.isdisjoint(provenance["labels"])

    @property
    def wants_runs(self) -> bool:
        return bool(self.kinds & {"workflow_run.completed", "check_suite.completed"})

    @property
    def wants_suites(self) -> bool:
        return "check_suite.completed" in self.kinds

    @property
    def wants_items(self) -> bool:
        """Whether anything is wanted that moves an issue or pull request up the listing."""
        return bool(self.kinds - {"workflow_run.completed"})

    @property
    def wants_events(self) -> bool:
        """Whether anything is wanted that the listing of issue events tells."""
        return bool(
            self.kinds
            & {
                "pull_request.closed",
                "pull_request.merged",
                "pull_request.ready_for_review",
                "issues.labeled",
                "issues.assigned",
            }
        )

    @property
    def wants_comments(self) -> bool:
        return bool(self.kinds & {"issue_comment", "issue_comment.edited"})

    @property
    def wants_review_comments(self) -> bool:
        return "pull_request_review_comment" in self.kinds

    @property
    def wants_details(self) -> bool:
        """Whether anything is wanted of a pull request that no listing tells."""
        return any(kind.startswith(("pull_request", "check_suite")) for kind in self.kinds)
