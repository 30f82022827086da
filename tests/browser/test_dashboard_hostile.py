"""Whatever an event holds, it is shown and does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.dashboard import Dashboard, Shop

pytestmark = pytest.mark.slow
expect = pytest.importorskip("playwright.sync_api").expect

MARKUP = '<img src=x onerror="window.caught=1"><script>window.caught=1</script>'
TURNED = "invoice\u202excod.exe\u200b\u2066"


def nested(depth: int) -> Any:
    document: Any = "the end"
    for _ in range(depth):
        document = {"deeper": document}
    return document


def test_markup_and_characters_that_cannot_be_seen_are_text(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    event = shop.report(
        "quick",
        title=MARKUP,
        name=TURNED,
        link="javascript:window.caught=1",
        hidden_link="https://example.com/\u202egpj.exe",
        good_link="https://example.com/1",
        **{MARKUP: TURNED, "__proto__": {"polluted": 1}},
    )
    page = dashboard(f"events/{event}").page
    shown = page.locator(".json").last

    expect(shown).to_contain_text(MARKUP)
    expect(shown).to_contain_text("invoiceU+202Excod.exeU+200BU+2066")
    assert page.evaluate("window.caught") is None
    assert page.evaluate("({}).polluted") is None
    links = shown.get_by_role("link")
    expect(links).to_have_count(1)
    expect(links).to_have_attribute("href", "https://example.com/1")
    expect(links).to_have_attribute("rel", "noopener noreferrer")
    assert page.locator("main img, main script").count() == 0


def test_a_text_of_five_megabytes_is_shown_in_parts(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    event = shop.report("quick", text="x" * 5_000_000)
    page = dashboard(f"events/{event}").page
    long = page.locator(".json .long")

    expect(long).to_contain_text("show more (5.0 M left)")
    length = "node => node.textContent.length"
    assert long.evaluate(length) < 1_000
    long.get_by_role("button").click()
    assert 20_000 < long.evaluate(length) < 30_000


def test_deep_and_wide_json_is_drawn_as_far_as_it_is_opened(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    event = shop.report("quick", deep=nested(100), wide=list(range(20_000)))
    page = dashboard(f"events/{event}").page
    tree = page.locator(".json").last

    expect(tree).to_contain_text("wide: [20000]")
    assert page.evaluate("document.querySelectorAll('.json *').length") < 200
    tree.locator("summary", has_text="wide").click()
    expect(tree.get_by_role("button", name="100 more of 20000")).to_be_visible()


def test_a_number_is_shown_as_it_was_sent_however_large(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    event = shop.report("quick", id=9_007_199_254_740_993, many=[-9_223_372_036_854_775_807])
    page = dashboard(f"events/{event}").page
    shown = page.locator(".json").last

    expect(shown).to_contain_text("id: 9007199254740993")
    expect(shown).to_contain_text("-9223372036854775807")


def test_names_and_errors_from_outside_are_text_in_lists(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    body = (
        b'{"source": "hook", "type": "message.received", "provenance": {"platform": "x", '
        b'"platform_event": "<b onclick=1>\\u202eevil</b>", "url": "javascript:alert(1)"}}'
    )
    status, answer = shop.request("POST", "/api/events", body)
    assert status in (200, 201, 202), answer
    seen = dashboard("events")

    expect(seen.row("<b onclick=1>U+202Eevil</b>").first).to_be_visible()
    seen.row("<b onclick=1>").first.get_by_role("link").click()
    expect(seen.page.locator("h1")).to_contain_text("<b onclick=1>U+202Eevil</b>")
    assert seen.page.locator("a[href^=javascript]").count() == 0
