"""An empty project, and a small one that is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.projects import ROUTE, SMALL, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project directory and an empty home."""
    directory = tmp_path / "org"
    directory.mkdir()
    (tmp_path / "home").mkdir()
    return Project(directory, tmp_path / "home")


@pytest.fixture
def small(project: Project) -> Project:
    """A project with one source, one actor and one route."""
    return project.write_top(SMALL, ROUTE)
