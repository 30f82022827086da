"""Show text from outside without letting it command the terminal or tear a line apart."""

from __future__ import annotations

from typing import Final

# C0 and C1 controls, line and paragraph separators, the marks that change reading direction, and
# lone surrogates, which cannot be written at all.
_CONTROLS = (
    *range(0x20),
    *range(0x7F, 0xA0),
    *(0x061C, 0x200E, 0x200F, 0x2028, 0x2029),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),
)
_VISIBLE: Final = {
    code: {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t"}.get(
        code, f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    )
    for code in _CONTROLS
}
_LAYOUT: Final = frozenset(map(ord, "\n\t"))
_VISIBLE_IN_LINES: Final = {code: shown for code, shown in _VISIBLE.items() if code not in _LAYOUT}
_JSON_ESCAPES: Final = {code: f"\\u{code:04x}" for code in _VISIBLE_IN_LINES}


def printable(text: str) -> str:
    """Return ``text`` on one line, with every control character written as its escape."""
    return text if text.isascii() and text.isprintable() else text.translate(_VISIBLE)


def printable_lines(text: str) -> str:
    """Return ``text`` with its line breaks and tabs, and every other control as its escape."""
    return text.translate(_VISIBLE_IN_LINES)


def printable_json(text: str) -> str:
    """Return a JSON text that says the same, with controls written as JSON escapes them."""
    return text.translate(_JSON_ESCAPES)
