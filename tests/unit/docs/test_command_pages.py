"""The pages about commands speak of all of them, and of the flags that there are."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from orgloop.cli.main import COMMANDS

DOCS = Path(__file__).parents[3] / "docs"
WRITER = runpy.run_path(str(DOCS / "write_commands.py"))


def test_the_page_of_flags_is_what_help_says() -> None:
    written = (DOCS / "reference" / "commands.md").read_text("utf-8")

    assert written == WRITER["page"](), "run python docs/write_commands.py"


def test_the_page_of_the_command_line_has_a_section_for_each_command() -> None:
    text = (DOCS / "reference" / "cli.md").read_text("utf-8")
    sections = set(re.findall(r"^## orgloop ([\w-]+)", text, re.MULTILINE))

    assert sections == set(COMMANDS)
