"""Measure what the dashboard costs, the browser and the runtime.

    python tests/benchmarks/bench_dashboard.py [--components 1000] [--rate 200] [--seconds 80]

A project of a thousand sources and a thousand routes gets 200 events a second, while each view is
shown and taken away again. Prints the events a second and the runtime's CPU time for an event, as
shares of what they are without a page (the median, and what half of the pairs are between); how
busy the browser's main thread is; and how soon something is painted. Then the same for as many
events as the runtime takes.

On a machine of few cores the browser takes from the throughput what it needs itself, whatever it
asks of the runtime; the CPU time is the runtime's own. ``--cores`` keeps the two apart: the runtime
on one, everything else on the others.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from bisect import bisect
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from attrs import frozen

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support.dashboard import Shop  # noqa: E402  # found by the line above

VIEWS = ("", "events", "logs", "routes")
CONNECTIONS = 8
WARM = 3_000
SETTLE_MS = 1_000
SLICE_MS = 2_000


def project(components: int) -> str:
    """Return a project; every event goes through one of its routes."""
    return json.dumps(
        {
            "apiVersion": "orgloop/v1alpha1",
            "kind": "Project",
            "metadata": {"name": "bench"},
            "sources": [
                {"id": f"source-{number}", "connector": "webhook"} for number in range(components)
            ],
            "actors": [
                {"id": f"actor-{number}", "connector": "webhook", "config": {"url": SINK}}
                for number in range(20)
            ],
            "routes": [
                {
                    "name": f"route-{number}",
                    "when": {"source": f"source-{number}"},
                    "then": {"actor": f"actor-{number % 20}"},
                }
                for number in range(components)
            ],
        }
    )


SINK = "http://127.0.0.1:{port}/"


@frozen
class Slice:
    """A few seconds of a load that goes on, and what they cost the runtime."""

    began: int
    ended: int
    cpu_seconds: float

    def of(self, answered: Sequence[int]) -> tuple[float, float]:
        """Return how many events a second there were, and the microseconds of CPU for each."""
        count = bisect(answered, self.ended) - bisect(answered, self.began)
        return count / (self.ended - self.began) * 1e9, self.cpu_seconds / max(count, 1) * 1e6


class Load:
    """Events, sent by a process of its own until all have been answered."""

    def __init__(self, shop: Shop, count: int, rate: float | None) -> None:
        command = [sys.executable, str(HERE.parent / "support" / "load.py"), str(shop.port)]
        command += ["/webhook/source-7", str(count), str(CONNECTIONS)]
        command += [str(rate)] if rate else []
        self._told = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `answered`
        self._process = subprocess.Popen(command, stdout=self._told)

    @property
    def goes_on(self) -> bool:
        """Whether it has not come to its end."""
        return self._process.poll() is None

    def answered(self) -> list[int]:
        """Wait for the end, and return when each event was answered."""
        self._process.wait()
        with self._told as told:
            told.seek(0)
            return sorted(int(line.split()[3]) for line in told)


class Window:
    """A browser's window that shows a view, or nothing."""

    def __init__(self, browser: Any, shop: Shop, view: str) -> None:
        self._shop = shop
        self._address = f"http://127.0.0.1:{shop.port}/"
        self._view = view
        self.page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
        self.page.goto(f"{self._address}#code={shop.code()}")
        self.page.locator("h1").wait_for()
        self.painted_ms = self.page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        )
        self._tools = self.page.context.new_cdp_session(self.page)
        self._tools.send("Performance.enable")

    def show(self, *, is_open: bool) -> None:
        """Show the view, or nothing at all, and let either settle."""
        self.page.goto(f"{self._address}#/{self._view}" if is_open else "about:blank")
        self.page.wait_for_timeout(SETTLE_MS)

    def watch(self) -> tuple[Slice, float]:
        """Return what the runtime does meanwhile, and how busy the window's main thread is."""
        busy, passed = self._busy()
        began, cpu = time.monotonic_ns(), self._shop.cpu_seconds()
        self.page.wait_for_timeout(SLICE_MS)
        ended, cpu = time.monotonic_ns(), self._shop.cpu_seconds() - cpu
        now_busy, now_passed = self._busy()
        return Slice(began, ended, cpu), (now_busy - busy) / (now_passed - passed)

    def _busy(self) -> tuple[float, float]:
        told = self._tools.send("Performance.getMetrics")["metrics"]
        found = {one["name"]: one["value"] for one in told}
        return found["TaskDuration"], found["Timestamp"]

    def close(self) -> None:
        self.page.context.close()


def measure(browser: Any, shop: Shop, view: str, count: int, rate: float | None) -> None:
    """Print what events cost with a view open, next to what they cost without.

    While the load goes on, the view is shown and taken away again and again. Each slice with it is
    compared with the one beside it: what else the machine does comes and goes for both.
    """
    window = Window(browser, shop, view)
    load = Load(shop, count, rate)
    slices: list[tuple[bool, Slice]] = []
    shares: list[float] = []
    while load.goes_on:
        # With it and without it, and the other way round: what grows with time favours neither.
        for is_open in (len(slices) % 4 == 0, len(slices) % 4 != 0):
            window.show(is_open=is_open)
            one, busy = window.watch()
            slices.append((is_open, one))
            shares += [busy] if is_open else []
    window.close()
    answered = load.answered()
    whole = [one for one in slices if one[1].ended < answered[-1]]
    pairs = [dict(whole[at : at + 2]) for at in range(0, len(whole) - 1, 2)]
    report(view, [(pair[True].of(answered), pair[False].of(answered)) for pair in pairs])
    print(
        f"{'':10} main thread {median(shares):3.0%} busy, painted in {window.painted_ms:.0f} ms",
        flush=True,
    )


def report(view: str, pairs: Sequence[tuple[tuple[float, float], tuple[float, float]]]) -> None:
    """Print the ratios of slices with a page and without."""
    alone = [without for _, without in pairs]
    print(
        f"{view or 'overview':10} {median(speed for speed, _ in alone):5.0f} events/s"
        f" {median(cost for _, cost in alone):5.0f} us of CPU each without a page; with it"
        f" throughput {told([opened[0] / closed[0] for opened, closed in pairs])},"
        f" CPU {told([opened[1] / closed[1] for opened, closed in pairs])}"
    )


def told(ratios: Sequence[float]) -> str:
    """Return a ratio in words: its median, and how far half of them are apart."""
    low, middle, high = quantiles(ratios, n=4)
    return f"{middle:4.0%} ({low:4.0%} to {high:4.0%})"


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--components", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=80.0, help="for each view")
    parser.add_argument(
        "--cores", action="store_true", help="keep the runtime on a core of its own"
    )
    options = parser.parse_args()
    sink = subprocess.Popen(
        [sys.executable, str(HERE.parent / "support" / "sink.py")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert sink.stdout is not None
    port = sink.stdout.readline().strip()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        place = Path(scratch, "project")
        place.mkdir()
        text = project(options.components).replace("{port}", port)
        Path(place, "orgloop.yaml").write_text(text, "utf-8")
        shop = Shop(place, Path(scratch, "home"))
        shop.start()
        if options.cores:
            first, *others = os.sched_getaffinity(0)
            for thread in Path(f"/proc/{shop.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {first})
            os.sched_setaffinity(0, others)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            print(f"{options.rate:.0f} events a second, {options.components} sources and routes")
            for view in VIEWS:
                measure(browser, shop, view, int(options.rate * options.seconds), options.rate)
            print("as many events as it takes")
            warm = Load(shop, WARM, None).answered()
            most = WARM / (warm[-1] - warm[0]) * 1e9
            for view in VIEWS:
                measure(browser, shop, view, int(most * options.seconds), None)
        finally:
            browser.close()
            shop.stop()
            sink.kill()
            sink.wait()


if __name__ == "__main__":
    main()
