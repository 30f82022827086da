"""Run rounds of faults and say what went wrong.

    python tests/faults/run.py [--rounds 10] [--seed 1] [--seconds 8] [--per-second 40]

Each round has its own seed: that of the first, and one more for each that follows. A round that
violates a promise prints what, and where everything is that there is to look at. The same seed
draws the same faults, though not to the millisecond the same moments.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from faults.launch import MISTAKES
from faults.round import Report, Round


def run(
    rounds: int, seed: int, seconds: float, per_second: float, mistake: str = ""
) -> list[Report]:
    """Run the rounds and return how they went; prints a line for each."""
    reports = []
    for number in range(rounds):
        report = Round(seed + number, seconds, per_second, mistake).run()
        reports.append(report)
        print(_line(number + 1, report), flush=True)
        for violation in report.violations:
            print(f"    {violation}", flush=True)
        if report.kept is not None:
            print(f"    look at {report.kept.parent}: notes.txt, kept/", flush=True)
    return reports


def _line(number: int, report: Report) -> str:
    kinds = [fault.how or fault.kind for fault in report.faults if fault.kind != "clock"]
    return (
        f"round {number}, seed {report.seed}: {len(report.faults)} faults, {report.events} events, "
        f"{report.deliveries} deliveries, {report.attempts} attempts, "
        f"{kinds.count('kill')} kills, drained in {report.drain_seconds:.1f} s: "
        + (f"{len(report.violations)} VIOLATIONS" if report.violations else "all kept")
    )


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=8.0, help="how long faults are injected")
    parser.add_argument("--per-second", type=float, default=40.0, help="tickets sent a second")
    parser.add_argument("--mistake", choices=sorted(MISTAKES), default="", help="break the runtime")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what runs is ended, and cleared away
    began = time.monotonic()
    reports = run(
        options.rounds, options.seed, options.seconds, options.per_second, options.mistake
    )
    broken = [report.seed for report in reports if report.violations]
    print(
        f"{len(reports)} rounds in {time.monotonic() - began:.0f} s: "
        f"{sum(len(report.faults) for report in reports)} faults, "
        f"{sum(report.events for report in reports)} events, "
        f"{sum(report.deliveries for report in reports)} deliveries; "
        + (f"violations with seeds {broken}" if broken else "no violation")
    )
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
