"""Getting in, staying in, and what is seen without."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.dashboard import Dashboard, Shop
from support.process import RuntimeProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
expect = pytest.importorskip("playwright.sync_api").expect

UNINVITED = "orgloop ui"


@pytest.fixture
def stranger(browser: Browser, shop: Shop) -> Iterator[Dashboard]:
    """A window of somebody who was not let in."""
    page = Dashboard(browser.new_context(), f"http://127.0.0.1:{shop.port}")
    page.expected.append("401")
    yield page
    complaints = page.complaints()
    page.close()
    assert complaints == []


def test_the_code_leaves_the_address_at_once_and_the_key_stays_in_the_tab(
    dashboard: Callable[..., Dashboard],
) -> None:
    page = dashboard("events").page

    assert "code" not in page.url
    assert page.evaluate("Object.keys(sessionStorage)") == ["orgloop.session"]
    assert page.evaluate("[document.cookie, Object.keys(localStorage).length]") == ["", 0]
    page.go_back()
    assert "code" not in page.url


def test_the_address_that_the_command_prints_opens_the_page(
    stranger: Dashboard, shop: Shop
) -> None:
    command = [sys.executable, "-m", "orgloop", "ui", "--no-open", "--json"]
    told = subprocess.run(command, env=shop.environ, stdout=subprocess.PIPE, check=True)

    url: str = json.loads(told.stdout)["url"]
    stranger.page.goto(url)

    expect(stranger.page.locator("h1")).to_have_text("Overview")
    key: str = stranger.page.evaluate("sessionStorage.getItem('orgloop.session')")
    written = [file.read_text("utf-8") for file in (shop.home / "logs").glob("*.log")]
    assert written
    for secret in (shop.token, key, url.rpartition("=")[2]):
        assert len(secret) > 20
        assert not any(secret in text for text in written)


def test_somebody_without_a_session_is_told_how_to_get_one(stranger: Dashboard, axe: str) -> None:
    stranger.page.goto(stranger.address)

    expect(stranger.page.locator("main")).to_contain_text(UNINVITED)
    expect(stranger.page.locator("#nav")).to_be_hidden()
    assert stranger.barriers(axe) == []


def test_a_code_that_was_used_opens_nothing(stranger: Dashboard, shop: Shop) -> None:
    code = shop.code()
    stranger.enter(code)
    expect(stranger.page.locator("h1")).to_have_text("Overview")

    other = stranger.context.browser.new_context().new_page()
    other.goto(f"{stranger.address}/#code={code}")
    expect(other.locator("main")).to_contain_text("was used already")
    expect(other.locator("main")).to_contain_text(UNINVITED)
    assert "code" not in other.url
    other.context.close()


def test_whoever_leaves_is_out(dashboard: Callable[..., Dashboard]) -> None:
    seen = dashboard()
    seen.expected.append("401")

    seen.page.get_by_role("button", name="Leave").click()
    expect(seen.page.locator("main")).to_contain_text(UNINVITED)
    seen.page.reload()

    expect(seen.page.locator("main")).to_contain_text(UNINVITED)
    assert seen.page.evaluate("Object.keys(sessionStorage)") == []


def test_a_runtime_that_went_away_is_noticed_and_found_again(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "orgloop.yaml").write_text(
        "apiVersion: orgloop/v1alpha1\nkind: Project\nmetadata: {name: empty}\n", "utf-8"
    )
    runtime = RuntimeProcess(tmp_path, tmp_path / "home").start()
    seen = Dashboard(browser.new_context(), f"http://127.0.0.1:{runtime.port}")
    try:
        code = runtime.request("POST", "/control/ui-code")[1].split(b'"')[3].decode()
        seen.enter(code)
        expect(seen.page.locator("main")).to_contain_text("The project has no routes yet.")
        port = str(runtime.port)

        runtime.stop()
        runtime.wait()
        expect(seen.page.locator("#banner")).to_contain_text("cannot be reached")
        expect(seen.page.locator("#health")).to_have_text("unreachable")

        again = RuntimeProcess(tmp_path, tmp_path / "home", ORGLOOP_PORT=port)
        runtime = again.start()
        # Sessions end with the runtime that gave them out.
        expect(seen.page.locator("main")).to_contain_text(UNINVITED)
    finally:
        seen.close()
        runtime.stop()
