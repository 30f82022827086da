"""Measure what the dashboard costs, the browser and the runtime.

    python tests/benchmarks/bench_dashboard.py [--components 1000] [--rate 200] [--rounds 9]

A project of a thousand sources and a thousand routes gets 200 events a second. Rounds with a page
and without one alternate. Prints for each view: the events a second and the runtime's CPU time for
an event, as shares of what they are without a page; how busy the browser's main thread is; and how
soon something is painted. Then the same for as many events as the runtime takes.

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
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from attrs import frozen

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support.dashboard import Shop  # noqa: E402  # found by the line above

VIEWS = ("", "events", "logs", "routes")
CONNECTIONS = 8


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


class Round:
    """One stretch of events, and what it cost the runtime."""

    def __init__(self, shop: Shop, count: int, rate: float | None) -> None:
        command = [sys.executable, str(HERE.parent / "support" / "load.py"), str(shop.port)]
        command += ["/webhook/source-7", str(count), str(CONNECTIONS)]
        before = shop.cpu_seconds()
        done = subprocess.run(
            command + ([str(rate)] if rate else []), stdout=subprocess.PIPE, text=True, check=True
        )
        self.cpu_us = (shop.cpu_seconds() - before) / count * 1e6
        lines = [line.split() for line in done.stdout.splitlines()]
        sent, answered = [int(line[2]) for line in lines], [int(line[3]) for line in lines]
        self.per_second = count / ((max(answered) - min(sent)) / 1e9)


class Window:
    """A browser's window that shows one view, and how busy it is."""

    def __init__(self, browser: Any, shop: Shop, view: str) -> None:
        self.page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
        self.page.goto(f"http://127.0.0.1:{shop.port}/#code={shop.code()}")
        self.page.locator("h1").wait_for()
        self.painted_ms = self.page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        )
        self.page.evaluate("view => { location.hash = view }", f"#/{view}")
        self.page.wait_for_timeout(2_000)
        self._tools = self.page.context.new_cdp_session(self.page)
        self._tools.send("Performance.enable")
        self._before = self._figures()

    def _figures(self) -> dict[str, float]:
        told = self._tools.send("Performance.getMetrics")["metrics"]
        return {one["name"]: one["value"] for one in told}

    def busy(self) -> float:
        """Return the share of its time that the main thread had something to do."""
        now = self._figures()
        passed = now["Timestamp"] - self._before["Timestamp"]
        return (now["TaskDuration"] - self._before["TaskDuration"]) / passed

    def close(self) -> None:
        self.page.context.close()


@frozen
class Pair:
    """Two rounds one right after the other: one with a page open, one without."""

    alone: Round
    watched: Round
    busy: float
    painted_ms: float

    @property
    def throughput(self) -> float:
        return self.watched.per_second / self.alone.per_second

    @property
    def cpu(self) -> float:
        return self.watched.cpu_us / self.alone.cpu_us


def pair(browser: Any, shop: Shop, view: str, events: Callable[[], Round], *, first: bool) -> Pair:
    """Measure a view; ``first`` says whether the round without a page is the first of the two."""
    alone = events() if first else None
    window = Window(browser, shop, view)
    watched = events()
    busy, painted_ms = window.busy(), window.painted_ms
    window.close()
    return Pair(alone or events(), watched, busy, painted_ms)


def measure(
    browser: Any, shop: Shop, count: int, rate: float | None, views: Sequence[str], rounds: int
) -> None:
    """Print what events cost with each view open, next to what they cost without.

    Each round with a page is compared with one right beside it, and of those ratios the median is
    told, with the lowest and the highest: what else the machine does comes and goes for both.
    """

    def events() -> Round:
        return Round(shop, count, rate)

    Round(shop, max(200, count // 10), rate)  # everything is warm
    pairs: dict[str, list[Pair]] = {view: [] for view in views}
    for number in range(rounds):
        for view in views:
            pairs[view].append(pair(browser, shop, view, events, first=number % 2 == 0))
    alone = [one.alone for of_view in pairs.values() for one in of_view]
    print(
        f"{'no page':10} {median(one.per_second for one in alone):6.0f} events/s"
        f" {median(one.cpu_us for one in alone):5.0f} us of CPU each"
    )
    for view, found in pairs.items():
        print(
            f"{view or 'overview':10} throughput {told([one.throughput for one in found])}"
            f"  CPU {told([one.cpu for one in found])}"
            f"  main thread {median(one.busy for one in found):3.0%} busy"
            f"  painted in {median(one.painted_ms for one in found):3.0f} ms"
        )


def told(ratios: Sequence[float]) -> str:
    """Return a ratio in words: its median, and between what it was."""
    return f"{median(ratios):4.0%} ({min(ratios):4.0%} to {max(ratios):4.0%})"


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--components", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--most", type=int, default=6_000, help="events for the highest rate")
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
            count = int(options.rate * options.seconds)
            measure(browser, shop, count, options.rate, VIEWS, options.rounds)
            print("as many events as it takes")
            measure(browser, shop, options.most, None, VIEWS[:2], options.rounds)
        finally:
            browser.close()
            shop.stop()
            sink.kill()
            sink.wait()


if __name__ == "__main__":
    main()
