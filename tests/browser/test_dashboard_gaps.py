"""Connections end, people are many: what is missing is said, or asked for again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from support.dashboard import Dashboard, Shop

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.slow
expect = pytest.importorskip("playwright.sync_api").expect

PAGE = 100
SEEN = """isSeen => {
    Object.defineProperty(document, "hidden", {get: () => !isSeen, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def instead(page: Page, address: str, **answer: Any) -> Callable[..., None]:
    """Answer so in the runtime's place; return what changes the answer, or ends it."""
    now = [answer]
    page.route(address, lambda route: route.fulfill(**now[0]))

    def change(**other: Any) -> None:
        now[0] = other
        if not other:
            page.unroute(address)

    return change


def rows_of(name: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Return events as the API lists them, the newest first."""
    return [
        {
            "event_id": f"evt_{name}_{number}",
            "module": "shop",
            "source": name,
            "type": "resource.changed",
            "accepted_at": f"2026-01-01T00:{number // 60:02}:{number % 60:02}.000Z",
            "matched_routes": [],
            "actors": [],
            "states": ["unmatched"],
            "processing_ms": None,
        }
        for number in sorted(numbers, reverse=True)
    ]


def test_an_answer_that_breaks_off_is_asked_for_again(dashboard: Callable[..., Dashboard]) -> None:
    page = dashboard().page

    mend = instead(page, "**/api/status", body='{"health": "o')
    page.evaluate(SEEN, True)  # whoever comes back is told how it is now
    expect(page.locator("#banner")).to_contain_text("cannot be reached")
    mend()
    page.get_by_role("button", name="Try now").click()

    expect(page.locator("#banner")).to_be_empty()


def test_a_log_says_where_nothing_was_heard(dashboard: Callable[..., Dashboard]) -> None:
    seen = dashboard()
    lost = 'event: lost\ndata: {"count":3}\n\n'
    mend = instead(seen.page, "**/api/stream*", body=lost * 2)

    seen.show("logs")
    expect(seen.page.locator(".note")).to_contain_text("Connection lost")
    mend()

    gaps = seen.page.locator(".log .gap")
    expect(gaps.nth(0)).to_contain_text("6 more were too many to be shown")
    expect(gaps.nth(1)).to_contain_text("without a connection")


def test_who_cannot_watch_is_told_that_nothing_comes_by_itself(
    dashboard: Callable[..., Dashboard],
) -> None:
    seen = dashboard()
    seen.expected.append("503")
    refusal = json.dumps({"error": {"code": "too_many_streams", "message": "32 are open"}})
    mend = instead(seen.page, "**/api/stream*", status=503, body=refusal)

    seen.show("events")
    expect(seen.page.locator(".note")).to_contain_text("do not show by themselves: 32 are open")
    mend()

    expect(seen.page.locator(".note")).to_be_hidden()


def test_a_list_has_no_gap_in_it_however_much_came_at_once(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    seen = dashboard()
    headers = {"Link": '</api/events?limit=100&cursor=1>; rel="next"'}
    before = json.dumps(rows_of("before", range(PAGE)))
    after = json.dumps(rows_of("after", range(2 * PAGE, 3 * PAGE)))
    go_on = instead(seen.page, "**/api/events?limit=100", body=before, headers=headers)
    seen.show("events")
    expect(seen.row("before")).to_have_count(PAGE)

    go_on(body=after, headers=headers)
    shop.report("nothing")

    expect(seen.row("after")).to_have_count(PAGE)
    expect(seen.page.get_by_role("button", name="more of")).to_have_count(0)
    expect(seen.page.get_by_role("button", name="Older events")).to_be_visible()


def test_a_search_that_has_not_seen_everything_does_not_say_that_there_is_nothing(
    dashboard: Callable[..., Dashboard],
) -> None:
    seen = dashboard()
    more = {"Link": '</api/events?find=rare&limit=100&cursor=1>; rel="next"'}
    instead(seen.page, "**/api/events?find=rare&limit=100", body="[]", headers=more)

    seen.show("events?find=rare")
    expect(seen.page.locator(".empty")).to_contain_text("older ones have not been looked at")
    seen.page.get_by_role("button", name="Older events").click()

    expect(seen.page.locator(".empty")).to_have_text("No event is like that.")


def test_what_somebody_else_has_done_meanwhile_is_not_counted(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    event = shop.report("fragile", number=77)
    seen = dashboard("queue?tab=dead")
    row = seen.page.locator("tbody tr").filter(has=seen.page.locator(f"a[href*={event}]"))
    delivery = (row.get_by_role("checkbox").get_attribute("aria-label") or "").split(", ")[1]
    row.get_by_role("button", name="Discard").click()

    status, answer = shop.request("POST", f"/api/deliveries/{delivery}/discard")
    assert status == 200, answer
    seen.page.get_by_role("dialog").get_by_role("button", name="Discard").click()

    expect(seen.page.locator("#told")).to_contain_text("somebody else has seen to it")
    expect(row).to_have_count(0)


def test_going_back_leads_to_what_was_opened(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    first, _ = [shop.report("quick", number=number) for number in (1, 2)]
    seen = dashboard("events")
    link = seen.page.locator(f"tbody a[href*={first}]")
    link.click()
    expect(seen.page.locator("h1")).to_contain_text("hook")
    expect(seen.page).to_have_title("hook · resource.changed · shop · OrgLoop")

    seen.page.go_back()

    expect(seen.page.locator("h1")).to_have_text("Events")
    expect(link).to_be_focused()


def test_the_focus_goes_to_the_next_row_when_one_is_done(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    for number in range(3):
        shop.report("fragile", number=number)
    seen = dashboard("queue?tab=dead&route=fragile-ones")
    rows = seen.page.locator("tbody tr")
    expect(rows.nth(2)).to_be_visible()
    names = [rows.nth(at).get_by_role("checkbox").get_attribute("aria-label") for at in (0, 1)]

    seen.page.keyboard.press("j")
    expect(rows.nth(0).get_by_role("link")).to_be_focused()
    rows.nth(0).get_by_role("button", name="Discard").press("Enter")
    seen.page.get_by_role("dialog").get_by_role("button", name="Discard").press("Enter")

    expect(seen.page.locator(f'[aria-label="{names[0]}"]')).to_have_count(0)
    next_row = rows.filter(has=seen.page.locator(f'[aria-label="{names[1]}"]'))
    expect(next_row.get_by_role("link")).to_be_focused()


def test_a_poll_keeps_the_focus_on_its_button(dashboard: Callable[..., Dashboard]) -> None:
    page = dashboard("sources").page
    button = page.get_by_role("button", name="Poll now: yearly")

    button.press("Enter")

    expect(page.locator("#told")).to_contain_text("yearly: polled")
    expect(button).to_be_focused()


def test_a_window_that_was_let_in_stays_in_whatever_code_it_is_given(
    dashboard: Callable[..., Dashboard],
) -> None:
    seen = dashboard("sources")
    seen.expected.append("401")

    for code in ("nonsense", "%zz"):
        seen.page.goto(f"{seen.address}/#code={code}")
        expect(seen.page.locator("h1")).to_have_text("Overview")
        assert "code" not in seen.page.url


def test_what_an_old_session_is_refused_ends_no_new_one(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    seen = dashboard("sources")
    page = seen.page
    seen.expected.append("401")
    asked: list[Route] = []
    page.route("**/api/status", lambda route: asked.append(route))
    with page.expect_request("**/api/status"):
        page.evaluate(SEEN, True)

    with page.expect_response("**/ui/session"):
        page.evaluate("code => { location.hash = `#code=${code}` }", shop.code())
    with page.expect_response(lambda response: response.status == 401):
        asked[0].fulfill(status=401, body="{}")
    page.unroute("**/api/status")  # what waits there goes on

    expect(page.locator("h1")).to_have_text("Overview")
    expect(page.locator("#nav")).to_be_visible()


def test_a_question_goes_away_with_its_view(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    event = shop.report("fragile", number=5)
    seen = dashboard(f"events/{event}")
    seen.page.get_by_role("button", name="Discard fragile-ones").click()
    expect(seen.page.get_by_role("dialog")).to_be_visible()

    seen.page.go_back()

    expect(seen.page.locator("h1")).to_have_text("Overview")
    expect(seen.page.get_by_role("dialog")).to_have_count(0)


def test_a_window_that_nobody_sees_holds_no_connection_and_catches_up(
    dashboard: Callable[..., Dashboard], shop: Shop
) -> None:
    seen = dashboard()
    page = seen.page
    page.clock.install()
    with page.expect_request("**/api/stream*") as asked:
        seen.show("events")
    page.locator("tbody tr, .empty").first.wait_for()

    with page.expect_event("requestfailed", lambda request: request == asked.value):
        page.evaluate(SEEN, False)
        page.clock.fast_forward(10_000)
    missed = shop.report("quick", number=6)
    page.evaluate(SEEN, True)

    expect(seen.row(missed[-6:])).to_have_count(1)
