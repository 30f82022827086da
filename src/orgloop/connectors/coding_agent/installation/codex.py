"""The program that Codex calls at the end of each turn: ``notify`` in its ``config.toml``.

See https://developers.openai.com/codex (config reference). There is one such program, and it gets
what happened as its last argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from orgloop.connectors.coding_agent.installation.call import is_call
from orgloop.connectors.coding_agent.installation.settings import BrokenSettings

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

AGENT = "codex"
_KEY = "notify"


@frozen
class CodexSettings:
    """See `Settings`."""

    def has_call(self, text: str | None) -> bool:
        return _is_ours(_parsed(text or "").get(_KEY))

    def with_call(self, text: str | None, call: Sequence[str]) -> str:
        document = _parsed(text or "")
        known = document.get(_KEY)
        if known and not _is_ours(known):
            raise BrokenSettings(
                "notify calls another program already, and Codex calls only one: have it call "
                "both, as a script that hands its argument to each"
            )
        if known != list(call):
            document[_KEY] = list(call)
        return document.as_string()

    def without_call(self, text: str | None) -> str | None:
        if text is None:
            return None
        document = _parsed(text)
        if _is_ours(document.get(_KEY)):
            del document[_KEY]
        return document.as_string()


def _is_ours(value: object) -> bool:
    return isinstance(value, list) and is_call(value, AGENT)


def _parsed(text: str) -> TOMLDocument:
    import tomlkit  # nothing else of OrgLoop's needs it
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise BrokenSettings(f"it is no TOML: {error}") from error
