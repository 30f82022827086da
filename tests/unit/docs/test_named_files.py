"""Pages name files of the repository that are there, and options that these have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PACKAGE = ROOT / "src" / "orgloop"


def ours() -> list[str]:
    """Return every file of the repository, as text with a slash before it."""
    places = ("src", "tests", "docs")
    return [
        f"/{file.relative_to(ROOT).as_posix()}"
        for place in places
        for file in (ROOT / place).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    ]


FILES = ours()


def is_there(name: str) -> bool:
    """Say whether a file or folder is, wherever in the repository."""
    if name.endswith("/"):
        return any(f"/{name}" in file for file in FILES)
    return any(file.endswith(f"/{name}") for file in FILES)


def test_every_module_and_folder_that_the_architecture_names_is_there() -> None:
    named = set(re.findall(r"`([\w./]+(?:\.py|\.js|/))`", ARCHITECTURE))

    assert len(named) > 60
    assert [name for name in sorted(named) if not is_there(name)] == []


def test_every_room_is_in_the_table_of_rooms() -> None:
    table = ARCHITECTURE.partition("## Rooms")[2].partition("\nImports run")[0]
    rooms = {one.name for one in PACKAGE.iterdir() if (one / "__init__.py").exists()}

    assert {room for room in rooms if f"`{room}/`" not in table} == set()


@pytest.mark.parametrize("house", ["daemon", "cli"])
def test_every_room_of_a_large_package_is_in_its_table(house: str) -> None:
    table = ARCHITECTURE.partition(f"| in `{house}/` | |")[2].partition("\n\n")[0]
    rooms = {one.name for one in (PACKAGE / house).iterdir() if (one / "__init__.py").exists()}

    assert {room for room in rooms if f"`{room}/`" not in table} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_programs_and_tests_that_are_named_exist_and_know_their_flags(page: Path) -> None:
    shown = re.sub(r"^```python.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    programs = r"((?:tests|docs)/[\w/]+\.py|\b(?:bench|test)_\w+\.py)([^`\n|]*)"
    wrong = []
    for name, behind in re.findall(programs, shown):
        found = [ROOT / file[1:] for file in FILES if file.endswith(f"/{name}")]
        known = found[0].read_text("utf-8") if found else ""
        wrong += [] if found or "NAME" in name else [name]
        wrong += [f"{name} {flag}" for flag in re.findall(r"--[\w-]+", behind) if flag not in known]

    assert wrong == []


def test_every_benchmark_is_among_the_commands_that_print_figures() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    benchmarks = {one.name for one in (ROOT / "tests" / "benchmarks").glob("bench_*.py")}

    assert benchmarks == set(re.findall(r"^\$ python tests/benchmarks/(\w+\.py)", text, re.M))
