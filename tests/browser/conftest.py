"""A runtime with something going on in it, and a real browser that looks at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from support.dashboard import PATIENCE_MS, Dashboard, Shop
from support.npm import file_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {{name: shop}}
sources:
  - {{id: hook, connector: webhook, description: What the shop tells}}
  - {{id: yearly, connector: cron, config: {{schedules: [{{name: new-year, cron: "0 0 1 1 *"}}]}}}}
  - {{id: unread, connector: webhook}}
  - id: absent
    connector: linear
    config: {{team: ENG, api_key: none, api_url: "http://127.0.0.1:9/"}}
actors:
  - {{id: quick, connector: command, config: {{command: ["true"]}}}}
  - id: fragile
    connector: command
    config: {{command: [test, -e, "{flag}"], rejected_exit_codes: [1]}}
  - {{id: away, connector: webhook, config: {{url: "http://127.0.0.1:9/"}},
     delivery: {{circuit_breaker: {{failure_threshold: 1}}}}}}
  - {{id: unreached, connector: command, config: {{command: ["true"]}}}}
transforms:
  - {{name: shape, type: package, package: enrich, config: {{set: {{payload.team: platform}}}}}}
routes:
  - name: quick-ones
    when: {{source: hook, filter: {{payload.kind: quick}}}}
    transforms: [{{ref: shape}}]
    then: {{actor: quick}}
  - {{name: after-quick, when: {{source: quick}}, then: {{actor: quick}}}}
  - name: fragile-ones
    when: {{source: hook, filter: {{payload.kind: fragile}}}}
    then: {{actor: fragile}}
  - {{name: far-ones, when: {{source: hook, filter: {{payload.kind: far}}}}, then: {{actor: away}}}}
  - name: guarded-ones
    when: {{source: hook, filter: {{payload.kind: guarded}}}}
    then: {{actor: quick, guard: {{action: hold}}}}
"""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; skips where there is none, not in CI."""
    program = shutil.which("chromium")
    if program is None:
        reason = "chromium is not installed: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    place = tmp_path_factory.mktemp("shop")
    (place / "project").mkdir()
    flag = place / "flag"
    (place / "project" / "orgloop.yaml").write_text(PROJECT.format(flag=flag), "utf-8")
    running = Shop(place / "project", place / "home")
    running.flag = flag
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, which finds what keeps people out."""
    return file_of("axe-core@4", "axe.min.js", tmp_path_factory.mktemp("axe")).decode()


@pytest.fixture
def dashboard(browser: Browser, shop: Shop) -> Iterator[Callable[..., Dashboard]]:
    """Open the page as often as wanted; fail if it complained about anything."""
    opened: list[Dashboard] = []

    def open_page(view: str = "", **context: Any) -> Dashboard:
        page = Dashboard(browser.new_context(**context), f"http://127.0.0.1:{shop.port}")
        opened.append(page)
        page.enter(shop.code())
        page.show(view)
        return page

    yield open_page
    complaints = [complaint for page in opened for complaint in page.complaints()]
    for page in opened:
        page.close()
    assert complaints == []
