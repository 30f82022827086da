"""Measure what the dashboard costs, the browser and the runtime.

    python tests/benchmarks/bench_dashboard.py [--components 1000] [--rate 200] [--rounds 3]

A project of a thousand sources and a thousand routes gets 200 events a second. Prints, for no page
and for each view: what an event costs the runtime in CPU time, and its ratio to that without a
page; how busy the browser's main thread is; and how soon something is painted. Then the same for as
many events as the runtime takes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

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


def measure(
    browser: Any, shop: Shop, count: int, rate: float | None, views: Sequence[str], rounds: int
) -> None:
    """Print what events cost without a page and with each view: medians of alternating rounds."""
    Round(shop, max(200, count // 10), rate)  # everything is warm
    alone: list[Round] = []
    watched: dict[str, list[Round]] = {view: [] for view in views}
    busy: dict[str, list[float]] = {view: [] for view in views}
    painted: dict[str, list[float]] = {view: [] for view in views}
    for _ in range(rounds):
        alone.append(Round(shop, count, rate))
        for view in views:
            window = Window(browser, shop, view)
            watched[view].append(Round(shop, count, rate))
            busy[view].append(window.busy())
            painted[view].append(window.painted_ms)
            window.close()
    cost, speed = figures(alone)
    print(f"{'no page':10} {speed:6.0f} events/s {cost:5.0f} us each")
    for view in views:
        its_cost, its_speed = figures(watched[view])
        print(
            f"{view or 'overview':10} {its_speed:6.0f} events/s {its_cost:5.0f} us each:"
            f" throughput {its_speed / speed:4.0%}, CPU {its_cost / cost:4.0%}"
            f"; main thread {median(busy[view]):3.0%} busy,"
            f" painted in {median(painted[view]):.0f} ms"
        )


def figures(rounds: Sequence[Round]) -> tuple[float, float]:
    """Return the CPU time of an event, and how many there were in a second."""
    return median(one.cpu_us for one in rounds), median(one.per_second for one in rounds)


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--components", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=int, default=5_000, help="events for the highest rate")
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
