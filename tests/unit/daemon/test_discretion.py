"""Whatever is said in the application log, what a project hides is not."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.logger import LogLevel
from twisted.python.failure import Failure

from orgloop.daemon.log.discretion import Discretion
from orgloop.hidden import Hidden

DISCRETION = Discretion(Hidden({"swordfish"}))


def event(logger: str | None, text: str, **fields: Any) -> dict[str, Any]:
    return {
        "log_time": 1.0,
        "log_level": LogLevel.info,
        "log_namespace": logger,
        "log_format": text,
        **fields,
    }


@pytest.mark.parametrize(
    "logger",
    ["a_plugin", "orgloop.flow.lane", "twisted.web", "orgloop.daemon.mishaps.uncaught", None],
)
def test_nobody_names_it(logger: str | None) -> None:
    record = DISCRETION.record(event(logger, "tried {it}", it="swordfish"))

    assert record.message == "tried ***"


def test_no_traceback_shows_it() -> None:
    failure = Failure(ValueError("swordfish is wrong"))

    record = DISCRETION.record(
        event("orgloop.daemon.shutdown", "failed", log_failure=failure, log_level=LogLevel.critical)
    )

    assert "ValueError" in record.traceback
    assert "swordfish" not in record.traceback


def test_what_the_process_says_of_itself_can_be_read() -> None:
    record = DISCRETION.record(event("orgloop.daemon.startup.StartUp", "ready on swordfish"))

    assert record.message == "ready on swordfish"
