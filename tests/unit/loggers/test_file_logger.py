"""The file logger writes the entries that are wanted, together, and loses none it has kept."""

from __future__ import annotations

import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import orjson
import pytest
from attrs import evolve
from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.task import Clock

from orgloop import __version__
from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.logentry import LogEntry
from orgloop.loggers.file.check import check
from orgloop.loggers.file.config import BufferOptions, FileConfig, RotationOptions
from orgloop.loggers.file.file import FileLogger
from orgloop.loggers.phases import FilterOptions, known_phases
from orgloop.plugin import PluginContext
from orgloop.sizes import Size


def result_of(coroutine: Coroutine[Any, Any, Any]) -> Any:
    results: list[Any] = []
    Deferred.fromCoroutine(coroutine).addBoth(results.append)
    (result,) = results
    if hasattr(result, "raiseException"):
        result.raiseException()
    return result


def started(config: FileConfig, context: PluginContext) -> FileLogger:
    logger = FileLogger(config, context)
    result_of(logger.start())
    return logger


def entries(*phases: str, **fields: Any) -> list[LogEntry]:
    return [
        LogEntry(phase=phase, timestamp=1_769_847_300_250 + number, **fields)
        for number, phase in enumerate(phases)
    ]


def lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_an_entry_is_one_line_of_json(context: PluginContext, tmp_path: Path) -> None:
    logger = started(FileConfig(path=tmp_path / "x.log"), context)

    (entry,) = entries("deliver.success", project="p", event_id="evt_1", duration_ms=1.5)
    result_of(logger.write([entry]))
    result_of(logger.flush())

    assert lines(tmp_path / "x.log") == [
        {
            "timestamp": "2026-01-31T08:15:00.250Z",
            "phase": "deliver.success",
            "project": "p",
            "module": "p",
            "event_id": "evt_1",
            "duration_ms": 1.5,
            "orgloop_version": __version__,
            "hostname": socket.gethostname(),
        }
    ]


def test_without_a_path_it_is_the_log_of_the_home(context: PluginContext) -> None:
    started(FileConfig(), context)

    assert (context.home / "logs" / "orgloop.log").exists()


def test_entries_are_written_when_enough_have_come(
    context: PluginContext, tmp_path: Path, clock: Clock
) -> None:
    logger = started(FileConfig(path=tmp_path / "x.log", buffer=BufferOptions(size=3)), context)

    result_of(logger.write(entries("source.emit", "route.match")))
    assert lines(tmp_path / "x.log") == []
    result_of(logger.write(entries("deliver.success")))

    phases = [line["phase"] for line in lines(tmp_path / "x.log")]
    assert phases == ["source.emit", "route.match", "deliver.success"]
    assert clock.getDelayedCalls() == []


def test_entries_are_written_after_the_interval(
    context: PluginContext, tmp_path: Path, clock: Clock
) -> None:
    buffer = BufferOptions(flush_interval=Duration(200))
    logger = started(FileConfig(path=tmp_path / "x.log", buffer=buffer), context)

    result_of(logger.write(entries("source.emit")))
    clock.advance(0.1)
    result_of(logger.write(entries("route.match")))
    assert lines(tmp_path / "x.log") == []
    clock.advance(0.1)

    assert len(lines(tmp_path / "x.log")) == 2


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ({}, ["source.emit", "route.match", "deliver.success", "runtime.stop"]),
        ({"phases": ("route.match", "source.emit")}, ["source.emit", "route.match"]),
        ({"min_phase": "deliver.queued"}, ["deliver.success", "runtime.stop"]),
        ({"min_phase": "deliver.queued", "phases": ("deliver.success",)}, ["deliver.success"]),
    ],
)
def test_only_wanted_phases_are_written(
    context: PluginContext, tmp_path: Path, options: Any, written: list[str]
) -> None:
    config = FileConfig(path=tmp_path / "x.log", filter=FilterOptions(**options))
    logger = started(config, context)

    result_of(
        logger.write(entries("source.emit", "route.match", "deliver.success", "runtime.stop"))
    )
    result_of(logger.flush())

    assert [line["phase"] for line in lines(tmp_path / "x.log")] == written


def test_when_the_disk_refuses_the_call_fails_and_earlier_entries_are_kept(
    context: PluginContext, tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "logs" / "x.log"
    logger = started(FileConfig(path=path, buffer=BufferOptions(size=2)), context)
    result_of(logger.write(entries("source.emit")))
    path.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"in the way")

    clock.advance(1)  # a failure by the clock shows with the next write
    with pytest.raises(OSError, match=r"x\.log|logs"):
        result_of(logger.write(entries("route.match")))
    path.parent.unlink()
    result_of(logger.write(entries("deliver.success")))

    assert [line["phase"] for line in lines(path)] == ["source.emit", "deliver.success"]


def test_what_the_disk_refused_is_written_later_though_nothing_else_comes(
    context: PluginContext, tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "logs" / "x.log"
    logger = started(FileConfig(path=path), context)
    result_of(logger.write(entries("source.emit")))
    path.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"in the way")

    clock.advance(1)
    assert logger.trouble is not None
    path.parent.unlink()
    clock.advance(10)

    assert [line["phase"] for line in lines(path)] == ["source.emit"]
    assert logger.trouble is None


def test_what_the_disk_refuses_at_the_end_is_counted(
    context: PluginContext, tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "logs" / "x.log"
    logger = started(FileConfig(path=path), context)
    result_of(logger.write(entries("source.emit", "route.match")))
    path.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"in the way")

    with pytest.raises(OSError, match="logs"):
        result_of(logger.stop())

    assert logger.lost == 2
    assert clock.getDelayedCalls() == []


def test_what_is_given_up_in_the_middle_of_a_write_is_counted(
    context: PluginContext, tmp_path: Path
) -> None:
    hanging: Deferred[Any] = Deferred()
    logger = FileLogger(FileConfig(path=tmp_path / "x.log", buffer=BufferOptions(size=3)), context)
    result_of(logger.start())
    result_of(logger.write(entries("source.emit", "route.match")))
    logger._context = evolve(context, run_in_thread=lambda *_: hanging)

    outcome: list[Any] = []
    write = Deferred.fromCoroutine(logger.write(entries("deliver.success", "deliver.success")))
    write.addErrback(lambda failure: outcome.append(failure.type))
    write.cancel()

    assert outcome == [CancelledError]
    assert logger.lost == 2  # those of the call that fails are the runtime's to count


def test_a_write_that_fails_for_another_reason_than_the_disk_is_counted(
    context: PluginContext, tmp_path: Path
) -> None:
    logger = started(FileConfig(path=tmp_path / "x.log"), context)
    logger._context = evolve(context, run_in_thread=lambda *_: fail(ValueError("a bug")))
    result_of(logger.write(entries("source.emit")))

    with pytest.raises(ValueError, match="a bug"):
        result_of(logger.flush())
    logger._context = context
    result_of(logger.write(entries("route.match")))
    result_of(logger.flush())

    assert logger.lost == 1
    assert [line["phase"] for line in lines(tmp_path / "x.log")] == ["route.match"]


@pytest.mark.parametrize("obstacle", ["file", "directory", None])
def test_the_doctor_says_whether_the_file_can_be_written(
    context: PluginContext, tmp_path: Path, obstacle: str | None
) -> None:
    path = tmp_path / "logs" / "deeper" / "x.log"
    if obstacle == "file":
        (tmp_path / "logs").write_bytes(b"in the way")
    elif obstacle == "directory":
        path.mkdir(parents=True)

    (found,) = check(FileConfig(path=path), context)

    assert found.status == ("ok" if obstacle is None else "degraded")
    assert path.exists() == (obstacle == "directory")


def test_the_doctor_says_of_a_path_that_cannot_even_be_looked_at_why(
    context: PluginContext, tmp_path: Path
) -> None:
    (found,) = check(FileConfig(path=tmp_path / ("x" * 300)), context)

    assert found.status == "degraded"
    assert "too long" in (found.message or "")


def test_a_rotated_file_is_compressed(context: PluginContext, tmp_path: Path) -> None:
    config = FileConfig(
        path=tmp_path / "logs" / "x.log",
        rotation=RotationOptions(max_size=Size(10)),
        buffer=BufferOptions(size=1),
    )
    logger = started(config, context)

    result_of(logger.write(entries("source.emit")))
    result_of(logger.write(entries("route.match")))

    names = sorted(found.name for found in (tmp_path / "logs").iterdir())
    assert names == ["x.log", "x.log.20260131T081500250Z.gz"]


def test_stopping_writes_what_waits_and_leaves_no_timer(
    context: PluginContext, tmp_path: Path, clock: Clock
) -> None:
    logger = started(FileConfig(path=tmp_path / "x.log"), context)
    result_of(logger.write(entries("source.emit")))

    result_of(logger.stop())

    assert len(lines(tmp_path / "x.log")) == 1
    assert clock.getDelayedCalls() == []


def test_stopping_what_could_not_start_is_no_error(context: PluginContext, tmp_path: Path) -> None:
    (tmp_path / "logs").write_bytes(b"in the way")
    logger = FileLogger(FileConfig(), context)
    with pytest.raises(OSError, match="logs"):
        result_of(logger.start())

    result_of(logger.stop())


def test_two_loggers_of_one_path_share_its_writer(context: PluginContext, tmp_path: Path) -> None:
    config = FileConfig(path=tmp_path / "x.log", buffer=BufferOptions(size=1))
    first, second = started(config, context), started(config, context)

    result_of(first.write(entries("source.emit")))
    result_of(first.stop())
    result_of(second.write(entries("route.match")))

    assert [line["phase"] for line in lines(tmp_path / "x.log")] == ["source.emit", "route.match"]


def test_after_reopen_the_next_line_goes_to_the_name(
    context: PluginContext, tmp_path: Path
) -> None:
    config = FileConfig(path=tmp_path / "x.log", buffer=BufferOptions(size=1))
    logger = started(config, context)
    result_of(logger.write(entries("source.emit")))
    (tmp_path / "x.log").rename(tmp_path / "x.log.1")

    logger.reopen()
    result_of(logger.write(entries("route.match")))

    assert len(lines(tmp_path / "x.log")) == len(lines(tmp_path / "x.log.1")) == 1


def test_text_that_is_not_unicode_is_escaped(context: PluginContext, tmp_path: Path) -> None:
    config = FileConfig(path=tmp_path / "x.log", buffer=BufferOptions(size=1))
    logger = started(config, context)

    result_of(logger.write(entries("source.error", error="file \udc80")))

    assert b"file \\udc80" in (tmp_path / "x.log").read_bytes()


def test_a_phase_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"deliver\.sucess.*write one such as deliver\.success"):
        known_phases(["deliver.sucess"])
    assert known_phases(["module.loading"]) == ("module.loading",)
