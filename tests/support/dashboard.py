"""The dashboard in a browser, and everything that it complains of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.process import RuntimeProcess

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator

PATIENCE_MS = 20_000
_NOTE_VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
    violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
_TOO_WIDE = """
() => [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter((one) => !one.closest("#nav, .json, .log, .unseen, .wires"))
    .map((one) => one.outerHTML.slice(0, 120))
    .concat(document.documentElement.scrollWidth > innerWidth ? ["the page itself"] : [])
"""
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Shop(RuntimeProcess):
    """The runtime that the page shows."""

    flag: Path
    """While it exists, the fragile actor takes what it is given."""

    def report(self, kind: str, **payload: Any) -> str:
        """Have an event accepted; return its id."""
        return self.tell("hook", kind=kind, **payload)

    def tell(self, source: str, **payload: Any) -> str:
        """Have an event of any source accepted; return its id."""
        body = json.dumps(payload).encode()
        status, answer = self.request("POST", f"/webhook/{source}", body)
        assert status == 200, answer
        event_id: str = json.loads(answer)["event_id"]
        return event_id

    def code(self) -> str:
        """Return a code that opens the page once."""
        code: str = json.loads(self.request("POST", "/control/ui-code")[1])["code"]
        return code


class Dashboard:
    """One window with one session."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.context = context
        context.add_init_script(_NOTE_VIOLATIONS)
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self._complaints: list[str] = []
        self.expected: list[str] = []
        """Parts of complaints that a test means to cause."""
        self.asked: list[str] = []
        """What was asked for, other than of the runtime."""
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self._note("error", str(error.stack)))
        self.page.on("request", lambda request: self._note_request(request.url))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(part in text for part in self.expected):
            self._complaints.append(text)

    def _note_request(self, address: str) -> None:
        if not address.startswith((self.address, "data:")):
            self.asked.append(address)

    def complaints(self) -> list[str]:
        """Return errors, violations of the policy, and requests to anywhere else."""
        return [*self._complaints, *self.page.evaluate("window.violations ?? []"), *self.asked]

    def enter(self, code: str) -> None:
        """Open the page as ``orgloop ui`` does."""
        self.page.goto(f"{self.address}/#code={code}")
        self.page.locator("h1").wait_for()

    def show(self, view: str) -> None:
        """Go to a view and wait until it stands."""
        self.page.evaluate("address => { location.hash = address }", f"#/{view}")
        self.page.locator(
            f"main[data-view={view.split('/')[0].split('?')[0] or 'overview'}]"
        ).wait_for()
        self.page.locator("h1").wait_for()

    def row(self, text: str) -> Locator:
        """Return the rows of tables that hold a text."""
        return self.page.locator("tbody tr").filter(has_text=text)

    def barriers(self, axe: str) -> list[str]:
        """Return what would keep people out, as axe-core sees it."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(axe)
        found: dict[str, Any] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", _RULES
        )
        return [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def too_wide(self) -> list[str]:
        """Return what reaches beyond the edge of the window, where nobody can scroll to it."""
        found: list[str] = self.page.evaluate(_TOO_WIDE)
        return found

    def close(self) -> None:
        self.context.close()
