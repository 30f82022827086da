"""The README's two commands, and the project it shows."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from orgloop.config.load import load_project
from orgloop.plugins.catalogue import Catalogue

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_two_blocks_are_commands_the_demo_and_the_tests() -> None:
    commands = [text.strip() for language, text in BLOCKS if language == "sh"]

    assert len(commands) == 2
    assert commands[0].endswith("orgloop demo")
    assert ".venv/bin/tox" in commands[1]
    assert {language for language, _ in BLOCKS} <= {"sh", "yaml", "json", "text"}


def test_the_project_it_shows_is_valid(tmp_path: Path) -> None:
    (shown,) = [text for language, text in BLOCKS if language == "yaml"]
    (tmp_path / "orgloop.yaml").write_text(shown, "utf-8")

    loaded = load_project(
        tmp_path, environ={}, home=tmp_path / "home", catalogue=Catalogue(), strict=True
    )

    assert loaded.project.name == yaml.safe_load(shown)["metadata"]["name"]


def test_what_it_links_to_is_there() -> None:
    repository = Path(__file__).parents[2]
    links = re.findall(r"\]\(([^)#:]+)\)", README)

    assert [link for link in links if not (repository / link).exists()] == []
