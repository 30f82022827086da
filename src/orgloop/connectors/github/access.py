"""Get at GitHub with what a source is configured with and lent."""

from __future__ import annotations

from hashlib import sha256

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from orgloop.connectors.github.allowance import Allowance, Budget
from orgloop.connectors.github.api import GitHubAPI
from orgloop.connectors.github.config import GitHubConfig
from orgloop.plugin import PluginContext


@define(eq=False)
class _Allowances:
    """What each token of a runtime is allowed: sources that share a token share its limits."""

    _known: dict[bytes, Allowance] = field(factory=dict, init=False, repr=False)

    def of(self, url: str, token: str, clock: IReactorTime) -> Allowance:
        key = sha256(f"{url}\0{token}".encode()).digest()
        return self._known.setdefault(key, Allowance(clock))


def api_of(config: GitHubConfig, context: PluginContext) -> GitHubAPI:
    """Return the API that a source asks."""
    allowances = context.shared.one(_Allowances, _Allowances)
    return GitHubAPI(
        config.api_url,
        config.token,
        context.http,
        context.now_ms,
        allowances.of(config.api_url, config.token, context.clock),
        Budget(context.clock, config.rate_budget),
    )
