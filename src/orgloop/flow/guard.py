"""Look through what goes to an actor for text that tries to take it over.

A tripwire, not a wall: it knows the usual phrases and disguises. Every pattern takes time in
proportion to the text, and of very long texts the rest is reported as not looked at.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote

from orgloop.config.guard import GuardSettings

_MOST_CHARACTERS = 250_000  # of one delivery: some 20 ms
_MOST_FINDINGS = 10
_MOST_LAYERS = 3  # an encoded text inside an encoded text

# Of text in lower case.
_OVERRIDES = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,40}?"
    r"\b(?:previous|prior|above|earlier|preceding|former|existing|all|your)\b"
    r"[^.!?\n]{0,40}?"
    r"\b(?:instruction|prompt|rule|direction|directive|guideline|constraint|message|polic)"
    r"|\byou are (?:now|no longer) (?:a|an|in|the|bound)\b"
    r"|\b(?:new|updated|real|actual) (?:system )?(?:instructions?|prompt)\s*:"
    r"|\b(?:reveal|print|repeat|show|output)\b[^.!?\n]{0,30}\bsystem prompt\b"
    r"|\bdo not (?:tell|inform|mention (?:this|it) to) (?:the )?(?:user|human|operator|anyone)\b"
)
_DELIMITERS = re.compile(
    r"<\|[a-z_]{2,30}\|>"
    r"|\[/?inst\]|<</?sys>>"
    r"|</?(?:system|assistant|instructions?|system[-_]prompt|tool_result|function_results?)>"
    r"|^[ \t>*#]{0,8}(?:system|assistant|developer)(?: (?:message|prompt|instructions?))?[ \t]*:"
    r"|-{3,} ?(?:begin|end|start) (?:of )?(?:system|user|assistant|prompt|instructions)\b",
    re.MULTILINE,
)
# Tag characters, bidirectional overrides and joiners that show nothing; zero-width joiners and
# marks are left out: emoji and right-to-left scripts need them.
_INVISIBLE = re.compile(
    "[\u200b\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0001-\U000e007f]"
)
_TAGS = re.compile("[\U000e0020-\U000e007e]{2,}")
_FLAGS = re.compile("\U0001f3f4[\U000e0020-\U000e007f]{3,7}")  # those of England and the like
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){16,}")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9._~+-]){6,}")
_ADDRESS = re.compile(r"://([^\s/?#\"'<>`()\[\]{}]+)")

_Look = Callable[[str], Iterator[str]]


def findings(document: Any, settings: GuardSettings) -> list[str]:
    """Return what is suspicious in the strings of a JSON document, each with its dot path.

    The text itself is not repeated.
    """
    found: dict[str, None] = {}
    left = _MOST_CHARACTERS
    for path, text in _strings(document):
        for kind in _in_text(text[:left], settings.allowed_domains):
            found[f"{path}: {kind}"] = None
        left -= len(text)
        if left < 0:
            found[f"{path}: too long to be looked at in full"] = None
        if left < 0 or len(found) >= _MOST_FINDINGS:
            break
    return list(found)[:_MOST_FINDINGS]


def _strings(document: Any) -> Iterator[tuple[str, str]]:
    """Yield every string of a document, keys included, in order."""
    pending: list[tuple[str, Any]] = [("", document)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            pending += [(f"{path}.{key}" if path else key, one) for key, one in value.items()][::-1]
            yield f"{path} (a key)", "\n".join(value)
        elif isinstance(value, list | tuple):
            pending += [(f"{path}.{index}", one) for index, one in enumerate(value)][::-1]


def _in_text(text: str, domains: Sequence[str] | None, layer: int = 0) -> Iterator[str]:
    if not text.isascii():
        if _INVISIBLE.search(_FLAGS.sub("", text)):
            yield "hidden characters"
        tags = "".join(chr(ord(one) - 0xE0000) for run in _TAGS.findall(text) for one in run)
        text = _INVISIBLE.sub("", normalize("NFKC", text)) + tags
    lower = text.lower()
    if _OVERRIDES.search(lower):
        yield "overrides instructions"
    if _DELIMITERS.search(lower):
        yield "imitates a delimiter"
    if domains is not None and not all(map(_Known(domains), _ADDRESS.findall(lower))):
        yield "an address outside the list"
    if layer < _MOST_LAYERS:
        for decoded in _decoded(text):
            for kind in _in_text(decoded, domains, layer + 1):
                yield f"{kind}, encoded" if layer == 0 else kind


def _decoded(text: str) -> Iterator[str]:
    """Yield what is hidden in a text by an encoding, if it is text itself."""
    for run in _BASE64.findall(text):
        yield from _text_of(_base64(run))
    for run in _HEX.findall(text):
        yield from _text_of(bytes.fromhex(run))
    for run in _PERCENT.findall(text) if "%" in text else ():
        if run.count("%") > 1:
            yield unquote(run).replace("+", " ")


def _base64(run: str) -> bytes:
    run = run.replace("-", "+").replace("_", "/")
    try:
        return b64decode(run[: len(run) // 4 * 4])
    except NotBase64:
        return b""


def _text_of(decoded: bytes) -> Iterator[str]:
    for encoding in ("utf-8", "utf-16-le"):
        text = decoded[: len(decoded) // 2 * 2].decode(encoding, "ignore")
        if text and sum(map(str.isprintable, text)) > 0.9 * len(text):
            yield text
            return


class _Known:
    """Whether the host of an address is one of the known, or below one."""

    def __init__(self, domains: Sequence[str]) -> None:
        self._domains = domains

    def __call__(self, authority: str) -> bool:
        if "\\" in authority:  # read as a slash by some and not by others
            return False
        host = authority.rpartition("@")[2].partition(":")[0].rstrip(".,;!*_")
        return any(host == one or host.endswith(f".{one}") for one in self._domains)
