"""Make the picture of the dashboard anew: ``python docs/picture_dashboard.py``.

Starts a runtime with a project that has something going on in it, opens the dashboard in a headless
Chromium (``apt-get install chromium``; the extras ``test`` and ``browser``), and writes what it
shows to ``docs/pictures/dashboard.png``. Look at it before it is committed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from playwright.sync_api import sync_playwright

from support.dashboard import Dashboard, Shop

PICTURE = Path(__file__).parent / "pictures" / "dashboard.png"
SIZE = {"width": 1120, "height": 700}
ROUNDS = 40
PAUSE_MS = 400
"""Between two rounds of events: slow enough for the page to see that something happens."""
PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: platform}
sources:
  - {id: github, connector: webhook}
  - {id: linear, connector: webhook}
  - {id: pager, connector: webhook}
  - {id: nightly, connector: cron, config: {schedules: [{name: audit, cron: "0 3 * * *"}]}}
actors:
  - {id: reviewer, connector: command, config: {command: ["true"]}}
  - {id: fixer, connector: command, config: {command: ["true"]}}
  - {id: triage, connector: command, config: {command: ["true"]}}
  - id: on-call
    connector: webhook
    config: {url: "http://127.0.0.1:9/"}
    delivery: {circuit_breaker: {failure_threshold: 1}}
transforms:
  - {name: mark-team, type: package, package: enrich, config: {set: {payload.team: platform}}}
routes:
  - name: review-requests
    when: {source: github, filter: {payload.kind: review}}
    transforms: [{ref: mark-team}]
    then: {actor: reviewer}
  - {name: red-builds, when: {source: github, filter: {payload.kind: build}}, then: {actor: fixer}}
  - {name: new-issues, when: {source: linear}, then: {actor: triage}}
  - {name: alarms, when: {source: pager}, then: {actor: on-call}}
  - {name: nightly-audit, when: {source: nightly}, then: {actor: fixer}}
  - {name: after-fixes, when: {source: fixer}, then: {actor: reviewer}}
"""


def main() -> None:
    """Make the picture."""
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        place = Path(scratch, "project")
        place.mkdir()
        (place / "orgloop.yaml").write_text(PROJECT, "utf-8")
        shop = Shop(place, Path(scratch, "home"))
        shop.start()
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            window = Dashboard(
                browser.new_context(viewport=SIZE, color_scheme="light"),
                f"http://127.0.0.1:{shop.port}",
            )
            window.enter(shop.code())
            take(window.page, shop.tell)
        finally:
            browser.close()
            shop.stop()
    sys.stdout.write(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB\n")


def take(page: Any, tell: Callable[..., object]) -> None:
    """Let something happen for a while, then take the picture."""
    tell("pager", kind="alarm")
    for number in range(ROUNDS):
        tell("github", kind="review", number=number)
        if number % 3 == 0:
            tell("github", kind="build", number=number)
        if number % 2 == 0:
            tell("linear", kind="issue", number=number)
        page.wait_for_timeout(PAUSE_MS)
    page.screenshot(path=PICTURE)


if __name__ == "__main__":
    main()
