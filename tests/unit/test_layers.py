"""The rooms of the house: who may import whom, and what only the composition root may touch."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "src" / "orgloop"
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
    assert list((REPOSITORY / "src" / "twisted").rglob("__init__.py")) == []


def _globals_used(tree: ast.AST) -> Iterator[tuple[int, str]]:
    defaults = set(_parameter_defaults(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            pairs = [(node.module, name.name) for name in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            pairs = [(node.value.id, node.attr)] if node not in defaults else []
        else:
            continue
        yield from ((node.lineno, GLOBALS[pair]) for pair in pairs if pair in GLOBALS)


def _parameter_defaults(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the defaults of parameters: what has one is passed in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arguments):
            yield from node.defaults
            yield from (default for default in node.kw_defaults if default is not None)
