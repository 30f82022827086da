"""The files of the dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
from twisted.logger import capturedLogs, formatEvent

from orgloop.http.page import Page
from support.http_fakes import Door, HookSource
from support.http_wire import Server


class Torn(type(Path())):  # type: ignore[misc]  # what a Path is depends on the system
    """A directory that a broken disk does not give out."""

    def iterdir(self) -> NoReturn:
        raise OSError(5, "the disk is broken")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    place = tmp_path / "ui"
    place.mkdir()
    (place / "index.html").write_text("<!doctype html><title>OrgLoop</title>")
    (place / "app.js").write_text("export {};")
    (place / "app.css").write_text("body {}")
    (place / "README.md").write_text("not for browsers")
    (tmp_path / "secret.js").write_text("secret")
    return place


@pytest.fixture
def server(directory: Path) -> Server:
    return Server(page=Page(directory))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/ui/index.html", "text/html; charset=utf-8"),
        ("/ui/app.js", "text/javascript; charset=utf-8"),
        ("/ui/app.css", "text/css; charset=utf-8"),
    ],
)
def test_a_file_comes_without_a_token_and_can_do_nothing_but_its_own(
    server: Server, path: str, kind: str
) -> None:
    reply = server.ask("GET", path)

    assert (reply.status, reply.headers["Content-Type"]) == (200, kind)
    assert reply.headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["Cache-Control"] == "no-cache"


def test_what_the_browser_has_is_not_sent_again(server: Server) -> None:
    wire = server.connect()
    first = wire.ask("GET", "/ui/app.js")
    tag = first.headers["ETag"]

    same = wire.ask("GET", "/ui/app.js", headers={"If-None-Match": f'"x", W/{tag}'})
    other = wire.ask("GET", "/ui/app.css", headers={"If-None-Match": tag})

    assert (same.status, same.body, same.headers["ETag"]) == (304, b"", tag)
    assert same.headers["Content-Security-Policy"]
    assert (other.status, other.body) == (200, b"body {}")
    wire.lose()


def test_head_tells_of_a_file(server: Server) -> None:
    reply = server.ask("HEAD", "/ui/app.js")

    assert (reply.status, reply.headers["Content-Length"], reply.body) == (200, "10", b"")


@pytest.mark.parametrize(
    "path",
    [
        "/ui",
        "/ui/",
        "/ui/README.md",
        "/ui/none.js",
        "/ui/../secret.js",
        "/ui/..%2fsecret.js",
        "/ui/%2e%2e/secret.js",
        "/ui/.",
        "/ui//app.js",
        "/ui/app.js/",
        "/ui/app.js%00",
        "/ui/%ff",
        "/ui/\\..\\secret.js",
    ],
)
def test_no_path_leads_anywhere_else(server: Server, path: str) -> None:
    assert server.ask("GET", path).status == 404


def test_a_file_can_only_be_read(server: Server) -> None:
    reply = server.ask("POST", "/", b"{}")
    assert reply.status == 405
    assert reply.headers["Allow"] == "GET, HEAD"


def test_the_page_is_there_beside_a_webhook_at_the_root(server: Server) -> None:
    server.runtime.doors = [Door(source=HookSource(path="/"))]

    assert server.ask("GET", "/").body.startswith(b"<!doctype html>")
    assert server.ask("POST", "/", b"{}").status == 200


@pytest.mark.parametrize("phase", ["starting", "draining"])
def test_the_page_is_there_while_the_runtime_comes_and_goes(server: Server, phase: str) -> None:
    server.runtime.phase = phase

    assert server.ask("GET", "/").status == 200


def test_other_hosts_pages_and_proxies_get_no_file(server: Server) -> None:
    assert server.ask("GET", "/", host="evil.example").status == 421
    assert server.ask("GET", "/", headers={"X-Forwarded-For": "1.2.3.4"}).status == 403
    assert server.ask("GET", "/ui/app.js", headers={"Origin": "http://evil.example"}).status == 403


def test_nothing_on_disk_is_looked_at_once_the_files_are_read(directory: Path) -> None:
    page = Page(directory)
    page.read()
    (directory / "app.js").write_text("export const other = 1;")

    assert Server(page=page).ask("GET", "/ui/app.js").body == b"export {};"


def test_files_that_cannot_be_read_leave_everything_else_alone(directory: Path) -> None:
    with capturedLogs() as logged:
        server = Server(page=Page(Torn(directory)))
        assert server.ask("GET", "/").status == 404
        assert server.get("/api/status").status == 200
        assert server.ask("GET", "/").status == 404

    assert [formatEvent(one) for one in logged] == [
        "the files of the dashboard cannot be read: [Errno 5] the disk is broken"
    ]


def test_without_an_index_there_is_no_page(directory: Path) -> None:
    (directory / "index.html").unlink()

    assert Server(page=Page(directory)).ask("GET", "/ui/app.js").status == 404
