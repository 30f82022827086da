"""Somebody who keeps asking a process to stop, until it has."""

from __future__ import annotations

import signal

import pytest

from support.census import NOTHING_LEFT
from support.lifecycle import Installation, Mode
from support.waiting import until

in_foreground = pytest.mark.parametrize(
    "mode", [Mode.FOREGROUND, Mode.SUPERVISED_IN_FOREGROUND], ids=str
)


@in_foreground
def test_a_signal_that_comes_when_all_is_done_does_not_spoil_the_exit_code(
    installed: Installation,
) -> None:
    installed.started()
    process = installed.foreground
    assert process is not None

    def ask() -> bool:
        process.send_signal(signal.SIGINT)
        return process.poll() is not None

    until(ask, "the end")

    assert process.returncode == 0
    assert installed.await_nobody() == NOTHING_LEFT
