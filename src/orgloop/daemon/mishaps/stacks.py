"""What every thread is at, without a look at any file: the disk may be what hangs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import FrameType

from attrs import frozen

_MOST_FRAMES = 100


@frozen
class Stack:
    """Where one thread is; the innermost call comes last, as in a traceback."""

    thread: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)


def all_stacks() -> list[Stack]:
    """Return the stacks of all threads, that of the main thread first."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    main = threading.main_thread().ident
    frames = sorted(sys._current_frames().items(), key=lambda item: item[0] != main)
    return [
        Stack(names.get(ident, f"thread {ident}"), tuple(_lines(frame))) for ident, frame in frames
    ]


def main_stack() -> Stack:
    """Return the stack of the main thread."""
    return all_stacks()[0]


def _lines(frame: FrameType) -> list[str]:
    return [
        f"{one.f_code.co_filename}:{one.f_lineno} in {one.f_code.co_name}"
        for one in _outward(frame)
    ][::-1]


def _outward(frame: FrameType | None) -> Iterator[FrameType]:
    for _ in range(_MOST_FRAMES):
        if frame is None:
            return
        yield frame
        frame = frame.f_back
