"""The page about HTTP speaks of every path that is served."""

from __future__ import annotations

import re
from pathlib import Path

from support.http_wire import Server

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "http.md"


def unnamed(path: str) -> str:
    return re.sub(r"<[^>]*>|\{[^}]*\}", "<>", path)


def test_every_path_of_the_openapi_document_is_on_the_page() -> None:
    served = Server().get("/api/openapi.json").json["paths"]
    text = unnamed(PAGE.read_text("utf-8"))
    named = set(re.findall(r"/(?:api|control|ui|health|webhook)[\w/<>.-]*", text))

    assert [path for path in served if unnamed(path) not in named] == []
