"""Take values that must not be shown out of what is said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import field, frozen

from orgloop.wording import described, proper

HIDDEN = "***"
"""What stands in the place of a value that is not shown."""

# Shorter ones stand in too many other words, and are no secrets.
_MIN_LENGTH = 4
_LONGEST_REASON = 4_000


def _longest_first(values: Iterable[str]) -> tuple[str, ...]:
    long_enough = {value for value in values if len(value) >= _MIN_LENGTH}
    return tuple(sorted(long_enough, key=lambda value: (-len(value), value)))


@frozen
class Hidden:
    """Secrets of a project, and what its variables hold.

    For the messages of components, which say what they were configured with. Events are never
    searched.
    """

    values: tuple[str, ...] = field(default=(), converter=_longest_first, repr=False)

    def conceal(self, text: str) -> str:
        """Return ``text`` with ``***`` wherever one of the values stands in it."""
        for value in self.values:
            text = text.replace(value, HIDDEN)
        return text

    def reason(self, said: str | BaseException) -> str:
        """Return why something has failed as it can be kept and shown, whatever a plugin says.

        That is the beginning of it, as proper text, without what is hidden.
        """
        text = proper(said) if isinstance(said, str) else described(said)
        return self.beginning(text, _LONGEST_REASON)

    def conceal_in(self, document: Any) -> Any:
        """Return a JSON document with `conceal` done to each string in it; keys stay."""
        if isinstance(document, str):
            return self.conceal(document)
        if isinstance(document, dict):
            return {key: self.conceal_in(one) for key, one in document.items()}
        if isinstance(document, list):
            return [self.conceal_in(one) for one in document]
        return document

    def beginning(self, text: str, length: int) -> str:
        """Return the beginning of `conceal` of ``text``, cut with … if there is more.

        Only the beginning is looked at, however long the text is. A value that the look ends in
        the middle of cannot be recognised; so what could be a part of one is left out.
        """
        longest = len(self.values[0]) if self.values else 1
        if len(text) <= length:
            return self.conceal(text)
        looked_at = self.conceal(text[: length + longest])
        certain = max(1, len(looked_at) - longest + 1)
        return looked_at[: min(length, certain) - 1] + "…"
