"""What the checks of built-ins find wrong says how to mend it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import orgloop

ROOT = Path(orgloop.__file__).parent
FAMILIES = ("connectors", "loggers", "transforms", "sdk", "doctor")


def findings() -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """Yield where a finding is made, and what it is given by name."""
    for family in FAMILIES:
        for file in (ROOT / family).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding":
                    given = {one.arg: one.value for one in node.keywords if one.arg}
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", given


def test_whatever_a_check_finds_wrong_comes_with_what_to_do_about_it() -> None:
    made = list(findings())
    wrong = [(where, given) for where, given in made if "status" in given]

    assert len(wrong) > 20
    assert [where for where, given in wrong if "fix" not in given] == []
    empty = [where for where, given in wrong if "''" in ast.unparse(given["fix"])]
    assert empty == []
