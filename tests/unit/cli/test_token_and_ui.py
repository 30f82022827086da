"""``orgloop token`` without a runtime, and ``orgloop ui`` with a runtime that is played here."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.main import orgloop
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def run(home: Home, *arguments: str, **environ: str) -> Result:
    invocation = Invocation({"ORGLOOP_HOME": str(home.root), **environ})
    return CliRunner().invoke(orgloop, arguments, obj=invocation)


class _Runtime(BaseHTTPRequestHandler):
    """Answers what `orgloop ui` asks a runtime."""

    answers: dict[str, tuple[int, Any]]

    def do_GET(self) -> None:
        status, document = self.answers.get(self.path, (404, {"error": {"message": "none"}}))
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *arguments: Any) -> None: ...


@contextmanager
def playing(home: Home, page: int = 200) -> Iterator[int]:
    """Have this process hold the home, and answer as its runtime; the block gets the port."""

    class Runtime(_Runtime):
        answers = {
            "/control/status": (200, {"pid": os.getpid()}),
            "/": (page, {}),
            "/control/ui-code": (200, {"code": "c0de", "expires_in": 30}),
        }

    home.create()
    lock = HomeLock.acquire(home, LockHolder(pid=os.getpid()))
    server = HTTPServer(("127.0.0.1", 0), Runtime)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    port = server.server_address[1]
    home.port_file.write_text(f"{port}\n")
    home.control_token()
    try:
        yield port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        lock.release()


def test_the_token_is_printed_and_nothing_with_it(home: Home) -> None:
    home.create()
    token = home.control_token()

    result = run(home, "token")

    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{token}\n", "")
    assert json.loads(run(home, "token", "--json").stdout)["token"] == token


def test_a_home_without_a_token_says_what_makes_one(home: Home) -> None:
    result = run(home, "token")

    assert result.exit_code == Exit.FAILED
    assert "orgloop start" in result.stderr
    assert not home.root.exists()


def test_a_token_is_replaced_for_the_next_runtime(home: Home) -> None:
    home.create()
    before = home.control_token()

    result = run(home, "token", "rotate")

    after = home.control_token_file.read_text().strip()
    assert result.exit_code == 0
    assert after != before
    assert after == home.control_token()
    assert stat.S_IMODE(home.control_token_file.stat().st_mode) == 0o600
    assert after not in result.output


def test_what_plan_compares_by_does_not_depend_on_the_token(home: Home) -> None:
    home.create()
    key = home.fingerprint_key()

    home.renew_control_token()

    assert home.fingerprint_key() == key
    assert key != home.control_token()


def test_the_dashboard_needs_a_runtime(home: Home) -> None:
    assert run(home, "ui").exit_code == Exit.NOTHING_RUNS


def test_a_runtime_without_a_page_is_not_opened(home: Home) -> None:
    with playing(home, page=404):
        result = run(home, "ui")

    assert result.exit_code == Exit.FAILED
    assert "no dashboard" in result.stderr


@pytest.mark.parametrize("arguments", [("--no-open",), ()])
def test_without_a_display_the_address_is_printed(home: Home, arguments: tuple[str, ...]) -> None:
    with playing(home) as port:
        result = run(home, "ui", *arguments)

    assert result.stdout == f"http://127.0.0.1:{port}/#code=c0de\n"
    assert "30 seconds" in result.stderr


def test_the_address_is_there_as_json(home: Home) -> None:
    with playing(home) as port:
        found = json.loads(run(home, "ui", "--json").stdout)

    assert found == {"url": f"http://127.0.0.1:{port}/#code=c0de", "expires_in": 30}


def test_the_browser_gets_the_address_and_the_terminal_does_not(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = tmp_path / "got"
    browser = tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(got)!r}, 'w').write(sys.argv[1])\n"
    )
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")

    with playing(home) as port:
        result = run(home, "ui", BROWSER="set")

    assert got.read_text() == f"http://127.0.0.1:{port}/#code=c0de"
    assert result.exit_code == 0
    assert "c0de" not in result.output
