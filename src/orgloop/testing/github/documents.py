"""What GitHub's REST API says of things that have just come to be."""

from __future__ import annotations

from hashlib import sha1
from typing import Any

from attrs import frozen

Thing = dict[str, Any]


@frozen
class Documents:
    """Write the documents of one repository. ``at`` is the time as GitHub writes it."""

    full_name: str
    home: str
    """The repository's page, for people."""

    def repository(self) -> Thing:
        """Return the repository itself."""
        owner, _, name = self.full_name.partition("/")
        return {
            "id": 1,
            "name": name,
            "full_name": self.full_name,
            "owner": user(owner, "Organization"),
            "private": False,
            "archived": False,
            "disabled": False,
            "html_url": self.home,
            "created_at": "2020-01-01T00:00:00Z",
            "permissions": {"pull": True},
        }

    def item(self, number: int, page: str, title: str, author: str, at: str) -> Thing:
        """Return an issue, or a pull request as the issue it also is."""
        return {
            "number": number,
            "title": title,
            "body": "",
            "state": "open",
            "user": user(author),
            "author_association": "MEMBER",
            "labels": [],
            "assignees": [],
            "created_at": at,
            "updated_at": at,
            "closed_at": None,
            "html_url": f"{self.home}/{page}/{number}",
        }

    def comment(self, number: int, said: Thing) -> Thing:
        """Return a comment on an issue or pull request; ``said`` is what `said` returns."""
        return {
            **said,
            "issue_url": self._api(f"issues/{number}"),
            "html_url": f"{self.home}/issues/{number}#issuecomment-{said['id']}",
        }

    def review(self, number: int, state: str, said: Thing) -> Thing:
        """Return a review, which has one time: that of its submission."""
        timeless = {key: said[key] for key in said.keys() - {"created_at", "updated_at"}}
        return {
            **timeless,
            "state": state,
            "submitted_at": said["created_at"],
            "html_url": f"{self.home}/pull/{number}#pullrequestreview-{said['id']}",
            "pull_request_url": self._api(f"pulls/{number}"),
        }

    def line_comment(self, number: int, review: int, said: Thing) -> Thing:
        """Return a comment on a line, which belongs to a review."""
        return {
            **said,
            "pull_request_review_id": review,
            "path": "shop.py",
            "diff_hunk": "@@ -1 +1 @@",
            "line": 1,
            "pull_request_url": self._api(f"pulls/{number}"),
            "html_url": f"{self.home}/pull/{number}#discussion_r{said['id']}",
        }

    def run(self, run_id: int, number: int, commit: str, at: str) -> Thing:
        """Return a workflow run that goes on."""
        return {
            "id": run_id,
            "name": "CI",
            "event": "push",
            "run_number": number,
            "run_attempt": 1,
            "status": "in_progress",
            "conclusion": None,
            "head_branch": "main",
            "head_sha": commit,
            "html_url": f"{self.home}/actions/runs/{run_id}",
            "created_at": at,
            "updated_at": at,
            "actor": user("ann"),
            "triggering_actor": user("ann"),
        }

    def _api(self, path: str) -> str:
        return f"https://api.github.com/repos/{self.full_name}/{path}"


def pull_fields(number: int) -> Thing:
    """Return what a pull request has beyond what it has as an issue."""
    return {
        "head": {"ref": f"branch-{number}", "sha": oid(f"{number}.0")},
        "base": {"ref": "main", "sha": oid("main")},
        "merged": False,
        "merged_at": None,
        "merged_by": None,
        "additions": 10,
        "deletions": 2,
        "changed_files": 1,
    }


def said(number: int, author: str, body: str, at: str) -> Thing:
    """Return what everything that somebody says has."""
    return {
        "id": number,
        "body": body,
        "user": user(author),
        "author_association": "MEMBER",
        "created_at": at,
        "updated_at": at,
    }


def suite(number: int, commit: str, branch: str, app: str, at: str) -> Thing:
    """Return a check suite that has not begun."""
    return {
        "id": number,
        "head_branch": branch,
        "head_sha": commit,
        "status": "queued",
        "conclusion": None,
        "created_at": at,
        "updated_at": at,
        "app": {"slug": app, "name": app.upper()},
    }


def user(login: str, kind: str | None = None) -> Thing:
    """Return an account; one whose name ends in ``[bot]`` is a bot."""
    return {"login": login, "type": kind or ("Bot" if login.endswith("[bot]") else "User")}


def oid(text: str) -> str:
    """Return the name of a commit that stands for ``text``."""
    return sha1(text.encode(), usedforsecurity=False).hexdigest()
