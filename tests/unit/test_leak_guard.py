"""The guard in ``tests/conftest.py`` fails a test for what it leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).parents[1] / "conftest.py"
LEAKS = {
    "timer": "reactor.callLater(60, print)",
    "socket": "reactor.listenTCP(0, Factory(), interface='127.0.0.1')",
    "logged_failure": "Logger().failure('oh', failure=Failure(ValueError('logged')))",
    "critical_message": "Logger().critical('oh')",
    "lost_failure": "fail(ValueError('lost'))",
}
PREAMBLE = """
from twisted.internet import reactor
from twisted.internet.defer import fail
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure
"""
MEANT = """
def test_takes_out_what_was_meant(logged_errors):
    Logger().failure('oh', failure=Failure(ValueError('meant')))
    assert [failure.type for failure in logged_errors.take(ValueError)] == [ValueError]
"""


def test_what_is_left_behind_fails_its_test_and_no_other(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(PREAMBLE + "\n".join(_leaking_test(name) for name in LEAKS) + MEANT)

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=2 * len(LEAKS) + 1, errors=len(LEAKS))
    result.stdout.no_fnmatch_line("ERROR*::test_clean*")


def _leaking_test(name: str) -> str:
    return f"def test_leaves_{name}(): {LEAKS[name]}\ndef test_clean_after_{name}(): pass\n"
