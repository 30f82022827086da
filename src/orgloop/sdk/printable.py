"""Show text from outside without letting it command the terminal or tear a line apart."""

from __future__ import annotations

from typing import Final

# C0 and C1 controls, line and paragraph separators, and the marks that change reading direction.
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


def printable(text: str) -> str:
    """Return ``text`` on one line, with every control character written as its escape."""
    return text if text.isascii() and text.isprintable() else text.translate(_VISIBLE)
