"""A file of our own that an agent loads: the plugin of OpenCode, the extension of Pi."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from orgloop.connectors.coding_agent.installation.call import is_call
from orgloop.connectors.coding_agent.installation.settings import BrokenSettings

_CALL = re.compile(r"^const call = (\[.*\]);?$", re.MULTILINE)
_MARK = "// Written by orgloop hook install"


@frozen
class PluginFile:
    """See `Settings`. The whole file is ours, or it is not touched."""

    agent: str
    template: str
    """The name of the file that it is made from, beside this module."""

    def has_call(self, text: str | None) -> bool:
        match = _CALL.search(text or "")
        if match is None or not (text or "").startswith(_MARK):
            return False
        try:
            call = json.loads(match[1])
        except ValueError:
            return False
        return is_call(call, self.agent)

    def with_call(self, text: str | None, call: Sequence[str]) -> str:
        if text is not None and text.strip() and not text.startswith(_MARK):
            raise BrokenSettings("it is not of OrgLoop's making: move it aside")
        written = Path(__file__).with_name(self.template).read_text("utf-8")
        # A function, so that no backslash in the call means anything.
        return _CALL.sub(lambda match: f"const call = {json.dumps(list(call))};", written, count=1)

    def without_call(self, text: str | None) -> str | None:
        return None if self.has_call(text) else text
