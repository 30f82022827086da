"""The shapes of JSON that a page of the documentation lists, and whether a document has one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "json.md"
_ROW = re.compile(r"^\| (?P<commands>`.+?) \| (?P<told>.+) \|$", re.MULTILINE)
_SHAPE = re.compile(r"`([{\[].*?)`")
_KEY_ALONE = re.compile(r'("\w+")(?=\s*[,}])')


def listed() -> dict[str, list[Any]]:
    """Return the shapes of each command; none where the page leads to another.

    A shape is an object of shapes, a list of one, or `None` for anything; an object with the key
    ``…`` holds what it likes.
    """
    return {
        command: [read(shape) for shape in _SHAPE.findall(row["told"])]
        for row in _ROW.finditer(PAGE.read_text("utf-8"))
        for command in re.findall(r"`([a-z][^`]*)`", row["commands"])
    }


def read(written: str) -> Any:
    """Read a shape as the page writes it: ``{"key", "list": [{"key"}], "other": {…}}``."""
    return json.loads(_KEY_ALONE.sub(r"\1: null", written.replace("{…}", '{"…": 0}')))


def differences(document: Any, shape: Any, at: str = "") -> list[str]:
    """Return where a document has keys that its shape has not, or lacks some."""
    if isinstance(shape, list) and isinstance(document, list):
        return [
            one
            for place, item in enumerate(document)
            for one in differences(item, shape[0], f"{at}[{place}]")
        ]
    if not isinstance(shape, dict):
        return [] if shape is None else [f"{at} is no list"]
    if not isinstance(document, dict):
        return [f"{at} is no object"]
    if "…" in shape:
        return []
    odd = [f"{at}.{key}" for key in document.keys() ^ shape.keys()]
    return odd + [
        one
        for key in document.keys() & shape.keys()
        for one in differences(document[key], shape[key], f"{at}.{key}")
    ]
