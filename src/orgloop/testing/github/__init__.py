"""A stand-in for GitHub, for tests of what talks to it. Its GraphQL needs ``graphql-core``."""

from orgloop.testing.github.delivery import Delivery
from orgloop.testing.github.documents import user
from orgloop.testing.github.model import RepositoryModel
from orgloop.testing.github.server import FakeGitHub

__all__ = ["Delivery", "FakeGitHub", "RepositoryModel", "user"]
