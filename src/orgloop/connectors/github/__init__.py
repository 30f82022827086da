"""``github``: what happens in repositories, found by asking again and again."""

from orgloop.connectors.github.check import check
from orgloop.connectors.github.config import GitHubConfig
from orgloop.connectors.github.samples import samples
from orgloop.connectors.github.source import GitHubSource
from orgloop.plugin import EnvironmentVariable, Registration, Setup

registration = Registration(
    id="github",
    source=GitHubSource,
    config=GitHubConfig,
    setup=Setup(
        summary="Polls GitHub. Needs a token that may read the repositories: a fine-grained one "
        "with Issues, Pull requests, Actions and Checks (read-only), a classic one with the scope "
        "repo, or that of a GitHub App's installation.",
        variables=(
            EnvironmentVariable(
                "GITHUB_TOKEN",
                "a token that may read the repositories",
                "https://github.com/settings/personal-access-tokens/new",
            ),
            EnvironmentVariable(
                "GITHUB_REPO",
                "the repository to follow, as owner/name",
                "its address: https://github.com/<owner>/<name>",
                is_optional=True,
            ),
        ),
    ),
    check=check,
    samples=samples,
)
