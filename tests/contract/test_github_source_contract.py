"""The github source passes the suite of its interface."""

from __future__ import annotations

from pathlib import Path

from orgloop.connectors.github import registration
from orgloop.connectors.github.config import GitHubConfig
from orgloop.interfaces import ISource
from orgloop.plugin import PluginContext
from orgloop.testing.github import FakeGitHub
from orgloop.testing.lending import lend
from orgloop.testing.source import SourceSuite


class TestGitHubSource(SourceSuite):
    def lend(self, directory: Path) -> PluginContext:
        github = FakeGitHub()
        shop = github.repository()
        pull = shop.open_pull()
        shop.comment(shop.open_issue())
        shop.review(pull, lines=("here",))
        shop.run("failure")
        shop.advance(60)
        return lend(directory, http=github.client())

    def make(self, context: PluginContext) -> ISource:
        config = GitHubConfig(repo=("acme/shop",), token="ghp_stand_in")
        assert registration.source is not None
        return registration.source(config, context)
