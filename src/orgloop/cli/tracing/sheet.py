"""Lines that fit a terminal: ids stay whole, and the text at the end of a line gives way."""

from __future__ import annotations

from attrs import define, field

from orgloop.cli.look import Meaning, Painted, columns_of, fit, line, lines, style, width

_LEAST = 12  # columns that a text keeps, however narrow the terminal is


@define
class Sheet:
    """What is shown, line by line."""

    columns: int | None = field(factory=lambda: width())
    """`None` where lines may be of any length."""
    _written: list[Painted] = field(factory=list, init=False)

    def add(
        self, *parts: object, text: object = "", meaning: Meaning | None = None, indent: int = 0
    ) -> None:
        """Add a line; ``text`` is cut where it would leave the terminal, the parts never are."""
        head = line(" " * indent, *parts)
        room = None if self.columns is None else max(self.columns - columns_of(head), _LEAST)
        shown = fit(text, room)
        if meaning is not None and str(text):
            shown = style(shown, meaning)
        self._written.append(line(head, shown))

    def heading(self, text: str) -> None:
        """Begin a part."""
        self.add()
        self.add(style(text, "strong"))

    def whole(self) -> Painted:
        """Return everything that was added."""
        return lines(*self._written)
