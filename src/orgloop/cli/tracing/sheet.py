"""Lines that fit a terminal: ids stay whole, and the text at the end of a line gives way."""

from __future__ import annotations

from attrs import define, field

from orgloop.cli.look import Meaning, Painted, columns_of, fit, line, lines, style, width

_LEAST = 12  # columns that a text is worth standing in, behind what cannot be cut
_FURTHER = 4  # by which a text that goes on is indented
_REASON_LINES = 3
_LONGEST = 4_000  # characters of a text that is folded: about a screen


@define
class Sheet:
    """What is shown, line by line."""

    columns: int | None = field(factory=lambda: width())
    """`None` where lines may be of any length."""
    is_whole: bool = False
    """Whether texts go on in further lines, however many those are."""
    _written: list[Painted] = field(factory=list, init=False)

    def add(
        self,
        *parts: object,
        text: object = "",
        meaning: Meaning | None = None,
        indent: int = 0,
        is_reason: bool = False,
    ) -> None:
        """Add a line; ``text`` is cut where it would leave the terminal, the parts never are.

        A reason goes on in a few more lines before it is cut.
        """
        head = line(" " * indent, *parts)
        if self.columns is None:
            self._write(head, line(text), meaning)
            return
        room, below = self.columns - columns_of(head), self.columns - indent - _FURTHER
        most = _LONGEST if self.is_whole else _REASON_LINES if is_reason else 1
        beginning = line(str(text)[:_LONGEST])
        if most == 1 and room >= _LEAST:
            pieces = [Painted(beginning)]
        else:
            pieces = _folded(beginning, room, below, most)
        self._write(head, fit(pieces[0], room), meaning)
        for piece in pieces[1:]:
            self._write(line(" " * (indent + _FURTHER)), fit(piece, below), meaning)

    def _write(self, head: Painted, text: Painted, meaning: Meaning | None) -> None:
        shown = style(text, meaning) if meaning is not None and text else text
        self._written.append(line(head, shown))

    def heading(self, text: str) -> None:
        """Begin a part."""
        self.add()
        self.add(style(text, "strong"))

    def whole(self) -> Painted:
        """Return everything that was added."""
        return lines(*self._written)


def _folded(text: Painted, first: int, further: int, most: int) -> list[Painted]:
    """Break a text into pieces for lines of so many columns; the last one may be too long.

    The first stands beside something else: where there is hardly room for it, it is empty.
    """
    pieces, rest, room = [], str(text), first
    if columns_of(text) > first < _LEAST:
        pieces, rest, room = [""], rest.lstrip(), further
        most += 1
    while len(pieces) < most - 1 and columns_of(rest) > room > 0:
        end = _fitting(rest, room)
        blank = rest.rfind(" ", len(rest) - len(rest.lstrip()), end + 1)
        end = blank if blank > 0 else end
        pieces.append(rest[:end])
        rest, room = rest[end:].lstrip(), further
    return [Painted(piece) for piece in (*pieces, rest)]


def _fitting(text: str, columns: int) -> int:
    """Return how many letters of a text stand in so many columns, one at least."""
    for place, letter in enumerate(text):
        columns -= columns_of(letter)
        if columns < 0:
            return max(place, 1)
    return len(text)
