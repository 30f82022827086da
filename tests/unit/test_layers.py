"""The rooms of the house: who may import whom, and what only the composition root may touch."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orgloop

REPOSITORY = Path(__file__).parents[2]
PACKAGE = Path(orgloop.__file__).parent
COMPOSITION_ROOT = {"cli", "daemon", "testing"}
GLOBALS = {
    ("twisted.internet", "reactor"): "a reactor",
    ("os", "environ"): "the environment",
    ("time", "time"): "a wall clock",
    ("time", "monotonic"): "a clock",
    ("time", "sleep"): "a clock",
}


def test_imports_run_downwards() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")

    outcome = subprocess.run(
        [lint_imports, "--no-cache", "--no-logo"],
        cwd=REPOSITORY,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_time_and_io_come_in_as_arguments() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line} takes {what} from a global: let it be passed in"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in COMPOSITION_ROOT
        for line, what in _globals_used(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert found == []


def test_twisted_keeps_its_own_package_files() -> None:
    assert list((PACKAGE.parent / "twisted").rglob("__init__.py")) == []


def _globals_used(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            pairs = [(node.module, name.name) for name in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            pairs = [(node.value.id, node.attr)]
        else:
            continue
        yield from ((node.lineno, GLOBALS[pair]) for pair in pairs if pair in GLOBALS)
