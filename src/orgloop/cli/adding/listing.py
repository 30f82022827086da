"""Name a file in a list of ``orgloop.yaml``, and leave every other letter of it as it is."""

from __future__ import annotations

from typing import Any

import yaml

from orgloop.errors import OrgLoopError


class CannotList(OrgLoopError):
    """The file is written in a way that is better changed by hand."""


def with_listed(text: str, key: str, item: str) -> str:
    """Return a project's text with ``item`` at the end of its list ``key``.

    Raises `CannotList` if what came of it would not say exactly that.
    """
    before, changed = yaml.safe_load(text), _changed(text, key, item)
    try:
        after = yaml.safe_load(changed)
    except yaml.YAMLError:
        after = None
    if after != {**before, key: [*(before.get(key) or []), item]}:
        raise CannotList(f"`{key}` is written in an unusual way")
    return changed


def _changed(text: str, key: str, item: str) -> str:
    top: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    found = next((value for name, value in top.value if name.value == key), None)
    if found is None:
        end = text if text.endswith("\n") else f"{text}\n"
        return f"{end}{key}:\n  - {item}\n"
    if not isinstance(found, yaml.SequenceNode):  # the key alone, without a value
        at = found.start_mark.index
        return f"{text[:at]} [{item}]{text[at:]}"
    if found.flow_style:
        at = found.end_mark.index - 1
        comma = ", " if found.value else ""
        inside = text[:at].rstrip() if found.value else text[:at]
        return f"{inside.removesuffix(',')}{comma}{item}{text[at:]}"
    return _in_block(text, found, item)


def _in_block(text: str, items: yaml.SequenceNode, item: str) -> str:
    """Insert a line behind the last one of a list that has a line for each item."""
    last = _last_leaf(items)
    end = text.find("\n", max(last.start_mark.index, last.end_mark.index - 1))
    at = len(text) if end < 0 else end
    dashes = text.rfind("\n", 0, items.value[-1].start_mark.index) + 1
    indent = text[dashes:].split("-", 1)[0]
    return f"{text[:at]}\n{indent}- {item}{text[at:] or chr(10)}"


def _last_leaf(node: Any) -> Any:
    """Return the node that ends last on paper: a collection ends where something else begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_leaf(last[1] if isinstance(last, tuple) else last)
    return node
