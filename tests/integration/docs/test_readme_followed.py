"""Who has nothing but the README sees an event flow."""

from __future__ import annotations

import re
from pathlib import Path

from support.sessions.page import Command, Shown
from support.sessions.session import REPOSITORY, session

README = (REPOSITORY / "README.md").read_text("utf-8")
EVENT = "evt_00"


def test_the_smallest_project_does_what_the_readme_says(tmp_path: Path) -> None:
    (project,) = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    named = re.findall(r"`(orgloop [^`]+)`", README.partition("## Work on it")[0])
    steps = [
        Shown("orgloop.yaml", project),
        Command("orgloop start", ["… doorbell is ready on …"], 0),
        Command("orgloop status", ["doorbell: ok", "…"], 0),
        Command("orgloop emit --source door --type resource.changed", [EVENT], 0),
        Command(f"orgloop trace {EVENT}", [EVENT, "…", "delivered ring → bell", "…"], 0),
        Command("cat rings.txt", ['{"event":…}'], 0),
    ]

    with session(tmp_path) as newcomer:
        found = [newcomer.take(step) for step in steps]

    assert [str(one) for one in found if one is not None] == []
    for step in steps:
        if isinstance(step, Command) and step.text.startswith("orgloop"):
            assert any(step.text.startswith(one) for one in named), step.text
