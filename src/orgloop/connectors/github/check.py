"""Find out whose a token is, what it may do, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from twisted.internet.defer import Deferred, gatherResults

from orgloop.connectors.github.access import api_of
from orgloop.connectors.github.api import GitHubAPI, Reply
from orgloop.connectors.github.config import GitHubConfig
from orgloop.connectors.github.errors import GitHubError, RateLimited, TokenRefused
from orgloop.connectors.github.repositories import EVERY
from orgloop.connectors.github.scope import Scope
from orgloop.errors import RequestFailed
from orgloop.plugin import Finding, PluginContext
from orgloop.sdk.checking import CHECK_SECONDS

NEW_TOKEN = "https://github.com/settings/tokens"
IN_TROUBLE = "see https://www.githubstatus.com, and whether api_url is right"
_VIEWER_SECONDS = 0.5  # worth a moment, and nothing else depends on it
_MOST_REPOSITORIES = 5  # a project with more of them is tried in part: each costs requests

# The prefixes of tokens: "Behind GitHub's new authentication token formats", github.blog, 2021.
_FORMS = {
    "ghp_": "a classic token",
    "github_pat_": "a fine-grained token",
    "gho_": "an OAuth App's token",
    "ghu_": "a GitHub App's token for a user",
    "ghs_": "a GitHub App's installation token",
}
# REST does not say which App a token is for; to GraphQL the viewer is the App's bot.
_VIEWER = """query($owner: String!, $name: String!) {
  viewer { login }
  repository(owner: $owner, name: $name) { __typename }
}"""
_Asked = Reply | GitHubError | RequestFailed


@frozen
class _Need:
    """A permission that listings need, and one of them to try it with."""

    path: str
    permission: str
    """What it is called among a fine-grained token's or an App's permissions."""


async def check(config: GitHubConfig, context: PluginContext) -> Sequence[Finding]:
    """See `Registration.check`."""
    api = api_of(config, context)
    scope = Scope.of(config)
    asked = [whose(api, config.token)]
    for name in config.repo[:_MOST_REPOSITORIES]:
        is_all = name.endswith(EVERY)
        asked.append(_owner(api, name) if is_all else _repository(api, name, scope))
    found: list[Sequence[Finding]] = await gatherResults(
        map(Deferred.fromCoroutine, asked), consumeErrors=True
    )
    if found[0][0].status != "ok":
        return found[0]  # the rest follows from it
    return [finding for findings in found for finding in findings]


async def whose(api: GitHubAPI, token: str) -> Sequence[Finding]:
    """Say which user or App a token is for, what kind it is, what it may do, and until when."""
    form = next((form for prefix, form in _FORMS.items() if token.startswith(prefix)), "a token")
    answer = await _ask(api, "/user")
    if isinstance(answer, TokenRefused):
        fix = f"make a new token ({NEW_TOKEN}), set it in the environment or .env, and restart"
        return [_credential("GitHub refuses it: expired, revoked or mistyped", fix)]
    if isinstance(answer, RateLimited):
        return [_credential(str(answer), "wait; a longer poll.interval asks less")]
    if isinstance(answer, GitHubError) and answer.status == 403:
        return await _of_app(api, form)  # an installation is no user
    if not isinstance(answer, Reply):
        return [Finding(name=api.url, status="degraded", message=str(answer), fix=IN_TROUBLE)]
    return [
        Finding(
            about="credential",
            message=f"{form} of {answer.document.get('login')}{_scopes(answer)}{_until(answer)}",
        )
    ]


async def _of_app(api: GitHubAPI, form: str) -> Sequence[Finding]:
    answer = await _ask(api, "/installation/repositories", per_page=1)
    if not isinstance(answer, Reply):
        fix = f"give it access to the repositories, or make another one ({NEW_TOKEN})"
        return [_credential(f"{form} that may not say whose it is", fix)]
    count = answer.document.get("total_count", 0)
    number = "1 repository" if count == 1 else f"{count} repositories"
    who = await _viewer(api, answer.document.get("repositories"))
    message = f"{form}{who}, for {number}, valid for an hour from when it was made"
    return [Finding(about="credential", message=message)]


async def _viewer(api: GitHubAPI, repositories: object) -> str:
    """Return whose token it is, in words, as far as GraphQL says so."""
    first = repositories[0] if isinstance(repositories, list) and repositories else {}
    owner, _, name = str(first.get("full_name")).partition("/")
    try:
        variables = {"owner": owner, "name": name}
        data = await api.graphql(_VIEWER, variables, timeout_seconds=_VIEWER_SECONDS)
    except (GitHubError, RequestFailed):
        return ""
    return f" of {data['viewer']['login']}" if data.get("viewer") else ""


async def _owner(api: GitHubAPI, name: str) -> Sequence[Finding]:
    """Say whether there is an owner of this name; the repositories are found while polling."""
    owner = name.removesuffix(EVERY)
    answer = await _ask(api, f"/users/{owner}")  # organisations are there, too
    if isinstance(answer, Reply):
        return [Finding(name=name, message=f"{owner} is there")]
    fix = "correct the name: an organisation's or a person's, as in github.com/<name>"
    return [Finding(name=name, status="degraded", message=str(answer), fix=fix)]


async def _repository(api: GitHubAPI, name: str, scope: Scope) -> Sequence[Finding]:
    """Say whether a repository can be read, and everything in it that is wanted."""
    answer = await _ask(api, f"/repos/{name}")
    if not isinstance(answer, Reply):
        fix = (
            f"correct the name, or give the token access to {name}: a classic token needs the "
            "scope repo, a fine-grained one or an App the repository itself; organisations with "
            "single sign-on must authorise the token"
        )
        return [Finding(name=name, status="degraded", message=str(answer), fix=fix)]
    needs = _needs(scope)
    tries = [
        Deferred.fromCoroutine(_ask(api, f"/repos/{name}{need.path}", per_page=1)) for need in needs
    ]
    answers: list[_Asked] = await gatherResults(tries, consumeErrors=True)
    missing = [
        need.permission
        for need, got in zip(needs, answers, strict=True)
        if isinstance(got, GitHubError) and got.status in (403, 404)
    ]
    if not missing:
        read = ", ".join(need.permission for need in needs)
        return [Finding(name=name, message=f"it can be read ({read})" if read else "it is there")]
    fix = f"add these permissions (read-only) to the token or App: {', '.join(missing)}"
    message = f"the token may not read {', '.join(missing)}: events of that kind are not reported"
    return [Finding(about="credential", name=name, status="degraded", message=message, fix=fix)]


def _needs(scope: Scope) -> Sequence[_Need]:
    needs = []
    if scope.wants_items:
        needs.append(_Need("/issues", "Issues"))
    if scope.wants_details:
        needs.append(_Need("/pulls", "Pull requests"))
    if scope.wants_runs:
        needs.append(_Need("/actions/runs", "Actions"))
    if scope.wants_suites:
        needs.append(_Need("/commits/HEAD/check-suites", "Checks"))
    return needs


async def _ask(api: GitHubAPI, path: str, **parameters: int) -> _Asked:
    """Return an answer or what was wrong: both are expected here."""
    try:
        return await api.get(path, parameters, timeout_seconds=CHECK_SECONDS)
    except (GitHubError, RequestFailed) as error:
        return error


def _credential(message: str, fix: str) -> Finding:
    return Finding(about="credential", status="degraded", message=message, fix=fix)


def _scopes(answer: Reply) -> str:
    """Return what a classic token may do; other kinds do not say."""
    scopes = answer.headers.get("x-oauth-scopes")
    if scopes is None:
        return ""
    return f", scopes: {scopes}" if scopes.strip() else ", no scopes: it sees what everyone sees"


def _until(answer: Reply) -> str:
    expires = answer.headers.get("github-authentication-token-expiration")
    return f", valid until {expires}" if expires else ""
