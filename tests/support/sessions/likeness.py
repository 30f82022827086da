"""Whether what was printed is what a page shows, but for what differs from run to run.

``…`` in a page stands for anything on its line, and alone on a line for any lines. An id may be any
other of its kind, but the same wherever it is shown. Times and durations may be others, and a time
may be told as a duration (``2m ago``); so may the widths of columns.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence

_KINDS = {
    "id": r"\b(?:evt|dlv|trc|run|rt|lse)_[0-9a-z]+",
    "instant": r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",
    "moment": r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b",
    "time": r"\b\d\d:\d\d:\d\d(?:\.\d+)?\b",
    "length": r"(?:\bin )?\b(?:\d+(?:\.\d+)? ?(?:ms|[dhms])(?![a-z]))+(?: ago)?\b|\bnow\b",
    "size": r"\b\d+(?:\.\d+)? ?(?:bytes|[kMG]B)\b",
    "process": r"(?<=process )\d+|(?<=PID )\d+",
    "anything": "…",
    "blank": r"\s+",
}
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))
_WHEN = "|".join(_KINDS[kind] for kind in ("moment", "time", "length"))
_FOUND = {**_KINDS, "moment": _WHEN, "time": _WHEN, "length": _WHEN, "anything": ".*?"}

Names = MutableMapping[str, str]
"""By id on the page: the id it stands for."""


def is_like(shown: Sequence[str], printed: Sequence[str], names: Names) -> bool:
    """Compare lines; remember in ``names`` which id stands for which, if they are alike."""
    known = dict(names)
    if not _alike(shown, printed, known):
        return False
    names.update(known)
    return True


def renamed(text: str, names: Names) -> str:
    """Write a text of the page with the ids of this run."""
    return re.sub(_KINDS["id"], lambda match: names.get(match[0], match[0]), text)


def ids_in(text: str) -> list[str]:
    """Return the ids that stand in a text."""
    return re.findall(_KINDS["id"], text)


def _alike(shown: Sequence[str], printed: Sequence[str], names: Names) -> bool:
    if not shown:
        return not printed
    if shown[0].strip() == "…":
        return any(_alike(shown[1:], printed[at:], names) for at in range(len(printed) + 1))
    return (
        bool(printed)
        and _is_line(shown[0], printed[0], names)
        and _alike(shown[1:], printed[1:], names)
    )


def _is_line(shown: str, printed: str, names: Names) -> bool:
    pattern, ids = _pattern(shown.strip())
    match = re.fullmatch(pattern, printed.strip())
    if match is None:
        return False
    for name, found in zip(ids, match.groups(), strict=True):
        if names.setdefault(name, found) != found:
            return False
    return True


def _pattern(shown: str) -> tuple[str, list[str]]:
    """Return a regular expression for a line, and the ids that its groups stand for."""
    parts, ids, at = [], [], 0
    for token in _TOKEN.finditer(shown):
        kind = str(token.lastgroup)
        parts += [re.escape(shown[at : token.start()]), _part(kind)]
        ids += [token[0]] if kind == "id" else []
        at = token.end()
    return "".join(parts) + re.escape(shown[at:]), ids


def _part(kind: str) -> str:
    return f"({_FOUND[kind]})" if kind == "id" else f"(?:{_FOUND[kind]})"
