"""What every thread is at can be said without a look at any file."""

from __future__ import annotations

import threading

from orgloop.daemon.mishaps.stacks import all_stacks, main_stack


def test_each_thread_is_named_and_its_innermost_call_comes_last() -> None:
    begun, go = threading.Event(), threading.Event()

    def wait_here() -> None:
        begun.set()
        go.wait()

    thread = threading.Thread(target=wait_here, name="a writer")
    thread.start()
    begun.wait()
    found = {stack.thread: stack.lines for stack in all_stacks()}
    go.set()
    thread.join()

    assert any(line.endswith("in wait_here") for line in found["a writer"])
    assert found["a writer"][0].endswith("in _bootstrap")
    assert main_stack().thread == "MainThread"


def test_a_deep_recursion_is_cut() -> None:
    def deep(left: int) -> int:
        return deep(left - 1) if left else len(main_stack().lines)

    assert deep(300) == 100
