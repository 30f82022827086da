"""What can go wrong with GitHub."""

from __future__ import annotations

from orgloop.errors import OrgLoopError


class GitHubError(OrgLoopError):
    """GitHub did not give what was asked for; ``status`` is that of its answer, if there is one."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class RateLimited(GitHubError):
    """GitHub wants to be left alone, or our own budget is used up; the message says until when."""


class TokenRefused(GitHubError):
    """GitHub does not know the token, or not any more."""


class NoGraphQL(GitHubError):
    """There is no GraphQL API at this address."""
