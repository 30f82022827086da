"""``orgloop add``: what is written works as it is, and passes its own tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from orgloop.cli.invocation import Invocation
from orgloop.cli.main import orgloop as command

Run = Callable[..., "subprocess.CompletedProcess[str]"]

PROJECT = """\
# The house: every word of this stays.
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: house}
sources: [{id: door, connector: webhook}]
actors: [{id: agent, connector: command, config: {command: [cat]}}] # one is enough
transforms:   # in order
  - {name: no-bots, package: filter, config: {exclude: {provenance.author_type: bot}}}
routes:
  - {name: wake, when: {source: door}, transforms: [{ref: no-bots}], then: {actor: agent}}
"""
ADDED = (
    ("connector", "my-tracker"),
    ("transform", "dropped"),  # as one of the names that what is written imports
    ("transform", "shout", "--script"),
    ("logger", "tally"),
    ("route", "items", "--source", "my-tracker", "--actor", "agent", "--events", "item.created"),
)


def add(project: Path, *arguments: str) -> Result:
    return run(project, "add", *arguments)


def run(project: Path, *arguments: str) -> Result:
    """Run a command in this process, for those that only read and write files."""
    invocation = Invocation({"ORGLOOP_HOME": str(project.parent / "home")})
    return CliRunner().invoke(command, ["-c", str(project), *arguments], obj=invocation)


def test_what_is_added_works_and_passes_its_tests(project: Path, orgloop: Run) -> None:
    (project / "orgloop.yaml").write_text(PROJECT)

    added = [json.loads(add(project, *one, "--json").stdout) for one in ADDED]
    valid = run(project, "validate")
    tried = orgloop("test", "--generate", "my-tracker", "--json", "-q")
    suites = orgloop("test", "--suite", "tests")
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=project,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert all((project / file).is_file() for one in added for file in one["files"])
    assert valid.exit_code == 0, valid.stderr
    assert [one["route"] for one in json.loads(tried.stdout)["deliveries"]] == ["items"]
    assert suites.returncode == 0, suites.stdout + suites.stderr
    assert tests.returncode == 0, tests.stdout
    kept = set(PROJECT.splitlines())
    assert kept <= set((project / "orgloop.yaml").read_text().splitlines())


def test_a_file_of_the_project_keeps_its_mode_and_a_link_leads_to_it(project: Path) -> None:
    real = project.parent / "real.yaml"
    real.write_text(PROJECT)
    real.chmod(0o640)
    (project / "orgloop.yaml").unlink()
    (project / "orgloop.yaml").symlink_to(real)

    added = add(project, "transform", "no-drafts")

    assert added.exit_code == 0, added.stderr
    assert (project / "orgloop.yaml").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert len(real.read_text()) > len(PROJECT)


def test_nothing_is_overwritten(project: Path) -> None:
    (project / "orgloop.yaml").write_text(PROJECT)
    (project / "sops").mkdir()
    (project / "sops" / "items.md").write_text("mine")

    there = add(project, "route", "items", "--source", "door")
    taken = add(project, "connector", "door")
    odd = add(project, "logger", "../x")
    nobody = add(project, "route", "more", "--source", "dor")

    assert [one.exit_code for one in (there, taken, odd, nobody)] == [1, 1, 2, 2]
    assert "sops/items.md is there already; nothing was written" in there.stderr
    assert "Did you mean `door`?" in nobody.stderr
    assert sorted(one.name for one in project.iterdir()) == ["orgloop.yaml", "sops"]
    assert (project / "orgloop.yaml").read_text() == PROJECT
