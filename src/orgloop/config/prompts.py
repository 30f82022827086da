"""Read launch prompts: Markdown, optionally with YAML front matter."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

from orgloop.config.nodes import Mapping, Node, Scalar, Sequence
from orgloop.config.parsing import parse
from orgloop.config.problems import Findings
from orgloop.delivery import Prompt
from orgloop.errors import OrgLoopError

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)


def read_prompt(file: str, path: Path) -> Prompt:
    """Read the prompt that a project calls ``file``.

    Front matter is a YAML mapping between two lines ``---`` at the very top. What looks like it
    and is no mapping (a horizontal rule, broken YAML) belongs to the text: an agent that sees a few
    lines too many is better off than one that sees none. Variables in it are not filled.

    Raises `OSError` if the file cannot be read and `OrgLoopError` if it is not UTF-8.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OrgLoopError(f"the prompt {path} is not UTF-8: save it as UTF-8") from None
    text = text.replace("\r\n", "\n")
    meta, body = _split(text, path)
    return Prompt(file, body, meta, sha256(raw).hexdigest())


def _split(text: str, path: Path) -> tuple[dict[str, Any], str]:
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    findings = Findings()
    node = parse(match[1] or "", path, findings)
    if findings.problems or not (node is None or isinstance(node, Mapping)):
        return {}, text
    return (_json(node) if node is not None else {}), text[match.end() :].lstrip("\n")


def _json(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [_json(item) for item in node.items]
    assert isinstance(node, Mapping)
    return {key: _json(one) for key, one in node.entries.items()}
