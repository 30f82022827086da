"""What the settings of every agent can be asked and told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from orgloop.errors import OrgLoopError


class BrokenSettings(OrgLoopError):
    """An agent's settings cannot be changed without breaking, or guessing, what they say."""


class Settings(Protocol):
    """The form of one agent's settings. ``text`` is `None` where there is no file.

    Everything else in the text stays as it is, to the letter. Each method raises `BrokenSettings`.
    """

    def has_call(self, text: str | None) -> bool:
        """Whether the agent calls the hook."""

    def with_call(self, text: str | None, call: Sequence[str]) -> str:
        """Return the text with ``call`` in it, once; unchanged if it is there already."""

    def without_call(self, text: str | None) -> str | None:
        """Return the text without any call of ours; `None` if nothing is left to keep."""
