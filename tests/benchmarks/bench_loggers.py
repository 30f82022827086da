"""Measure what loggers cost: an entry in each built-in logger, and an event of a runtime.

    python tests/benchmarks/bench_loggers.py [--events 2000] [--rounds 5]

Prints microseconds of CPU per entry for each logger by itself and for all of them on the same
entries. Then runtimes without a logger, with a file and with eight loggers take turns, so that the
machine's speed of the moment meets all of them alike: CPU per event, as a ratio to none.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench_flow import Stretch, send, write_project
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock

from orgloop.interfaces import ILogger
from orgloop.logentry import LogEntry
from orgloop.loggers.console.console import ConsoleConfig, ConsoleLogger
from orgloop.loggers.console.terminal import Terminal
from orgloop.loggers.file.config import FileConfig
from orgloop.loggers.file.file import FileLogger
from orgloop.loggers.otel.config import ExportOptions, OTelConfig
from orgloop.loggers.otel.otel import OTelLogger
from orgloop.loggers.syslog.config import SyslogConfig
from orgloop.loggers.syslog.syslog import SyslogLogger
from orgloop.loggers.webhook.config import WebhookLoggerConfig
from orgloop.loggers.webhook.webhook import WebhookLogger
from orgloop.plugin import PluginContext
from orgloop.testing.lending import NOW_MS, lend
from support.process import RuntimeProcess, sink

_EVENTS_AT_ONCE, _ROUNDS = 50, 20
_WAY: tuple[dict[str, Any], ...] = (
    {"phase": "source.emit"},
    {"phase": "route.match", "route": "wanted", "target": "desk"},
    {"phase": "transform.start", "route": "wanted", "transform": "no-noise"},
    {"phase": "transform.pass", "route": "wanted", "transform": "no-noise", "duration_ms": 0.0123},
    {"phase": "deliver.attempt", "route": "wanted", "target": "desk", "attempt": 1},
    {
        "phase": "deliver.success",
        "route": "wanted",
        "target": "desk",
        "attempt": 1,
        "duration_ms": 2.3456,
        "result": "delivered",
    },
)
"""What is told of an event on its way."""
_FILE = "  - {{name: file{n}, type: file, config: {{path: entries{n}.jsonl}}}}"
_SYSLOG = (
    "  - {{name: syslog{n}, type: syslog, config: {{host: 127.0.0.1, port: {udp}, protocol: udp}}}}"
)
_WEBHOOK = '  - {{name: webhook, type: webhook, config: {{url: "http://127.0.0.1:{http}/"}}}}'
_OTEL = '  - {{name: otel, type: otel, config: {{endpoint: "http://127.0.0.1:{http}"}}}}'
_CONSOLE = "  - {name: console, type: console, config: {level: debug}}"


def entries(first: int) -> list[LogEntry]:
    """Return what is told of some events, each entry new."""
    made = []
    for number in range(first, first + _EVENTS_AT_ONCE):
        about: dict[str, Any] = {
            "project": "bench",
            "event_id": f"evt_{number:032x}",
            "trace_id": f"trc_{number:032x}",
            "source": "tickets",
            "event_type": "resource.changed",
        }
        made += [LogEntry(timestamp=NOW_MS + number, **about, **step) for step in _WAY]
    return made


def loggers(context: PluginContext, port: int) -> dict[str, ILogger]:
    """Return each built-in logger, ready to be written to."""
    only_traces = ExportOptions(metrics=False, logs=False)
    only_logs = ExportOptions(metrics=False, traces=False)
    return {
        "console": ConsoleLogger(ConsoleConfig(level="debug"), context),
        "file": FileLogger(FileConfig(), context),
        "syslog": SyslogLogger(SyslogConfig(protocol="udp", port=port), context),
        "otel": OTelLogger(OTelConfig(), context),
        "otel, traces only": OTelLogger(OTelConfig(export=only_traces), context),
        "otel, logs only": OTelLogger(OTelConfig(export=only_logs), context),
        "webhook": WebhookLogger(WebhookLoggerConfig(url="http://127.0.0.1/"), context),
    }


def per_entry() -> None:
    """Print what an entry costs; threads are calls here, and HTTP is answered at once."""
    with tempfile.TemporaryDirectory() as scratch, _deaf_port() as port, _nowhere() as nowhere:
        context = lend(Path(scratch), clock=Clock(), run_in_thread=maybeDeferred)
        context.shared.one(Terminal, lambda: Terminal(nowhere, False))
        known = loggers(context, port)
        everyone = ("console", "file", "syslog", "otel", "webhook")
        cases = {name: [one] for name, one in known.items()}
        cases["all five"] = [known[name] for name in everyone]
        for logger in known.values():
            _done(logger.start)
        spent: dict[str, list[float]] = {name: [] for name in cases}
        for number in range(_ROUNDS):
            for name, some in cases.items():
                spent[name].append(_written(some, entries(number * _EVENTS_AT_ONCE)))
                context.http.requests.clear()  # type: ignore[attr-defined]  # the fake's own
        for logger in known.values():
            _done(logger.stop)
    for name, rounds in spent.items():
        print(f"{name:<20}{median(rounds):8.1f} µs an entry")


def _written(some: Sequence[ILogger], batch: Sequence[LogEntry]) -> float:
    began = time.process_time()
    for logger in some:
        _done(partial(logger.write, batch))
        _done(logger.flush)
    return (time.process_time() - began) / len(batch) * 1e6


def _done(step: Callable[[], Any]) -> None:
    failures: list[Any] = []
    done = Deferred.fromCoroutine(step()).addErrback(failures.append)
    assert done.called
    assert not failures, failures


@contextlib.contextmanager
def _deaf_port() -> Iterator[int]:
    """A port to which datagrams can be sent, and nobody reads them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        yield deaf.getsockname()[1]


@contextlib.contextmanager
def _nowhere() -> Iterator[int]:
    descriptor = os.open(os.devnull, os.O_WRONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def per_event(events: int, rounds: int) -> None:
    """Print what an event costs with no logger, one and eight."""
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        target, collector = stack.enter_context(sink()), stack.enter_context(sink())
        ports = {"http": collector.port, "udp": stack.enter_context(_deaf_port())}
        file, syslog = (
            [form.format(n=n, **ports) for n in range(count)]
            for form, count in ((_FILE, 3), (_SYSLOG, 2))
        )
        far = [_OTEL.format(**ports), _WEBHOOK.format(**ports)]
        kinds = {"none": [], "a file": file[:1], "eight": [*file, *syslog, *far, _CONSOLE]}
        runtimes = {}
        for name, wanted in kinds.items():
            directory = Path(scratch, name.replace(" ", "-"))
            directory.mkdir()
            project = write_project(directory, target.port, 1, 16)
            if wanted:
                with project.open("a") as text:
                    text.write("\n".join(["loggers:", *wanted, ""]))
            runtimes[name] = RuntimeProcess(project, directory / "home")
            stack.callback(runtimes[name].stop)
            runtimes[name].start()
        spent: dict[str, list[float]] = {name: [] for name in kinds}
        accepted = 0
        for _ in range(rounds + 1):
            for name, runtime in runtimes.items():
                stretch = Stretch(runtime, target, accepted)
                send(runtime, events, 16, None)
                stretch.end(events)
                accepted += events
                spent[name].append(stretch.cpu_us)
    none = median(spent["none"][1:])
    for name, costs in spent.items():
        cost = median(costs[1:])
        print(f"{name:<20}{cost:8.0f} µs an event {cost / none:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000, help="in each turn; 0: entries only")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    per_entry()
    if options.events:
        per_event(options.events, options.rounds)


if __name__ == "__main__":
    main()
