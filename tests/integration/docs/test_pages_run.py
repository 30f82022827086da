"""Every command of the documentation is run, page by page, and prints what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.sessions.page import Command, steps_of
from support.sessions.session import REPOSITORY, differences

DOCS = REPOSITORY / "docs"
RUN = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if any(isinstance(step, Command) for step in steps_of(page))
]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_a_page_shows_what_happens(page: Path, tmp_path: Path) -> None:
    found = differences(page, tmp_path)

    assert not found, "\n".join(["run python docs/record.py", str(page), *map(str, found)])
