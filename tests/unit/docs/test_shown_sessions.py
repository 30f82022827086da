"""What the documentation shows in terminals: what is run, what is not, how it is compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.sessions.likeness import is_like, renamed
from support.sessions.page import Command, Hidden, NotRun, Said, Shown, steps_of

DOCS = Path(__file__).parents[3] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
NOT_RUN = {
    "how-to/connector.md": ["another free port is taken in its place"],
    "how-to/github.md": ["needs a host or an account elsewhere"],
    "how-to/upgrading.md": ["installs another version"],
    "monitoring/README.md": ["needs Prometheus, and root"],
    "operations.md": ["takes an hour"],
    "reliability.md": ["takes half an hour"],
    "services.md": ["needs systemd", "needs systemd and root", "needs launchd", "needs Docker"],
    "tutorial.md": ["installs OrgLoop; the tests of the package do"],
}
"""Every block of commands that no test runs. Look at them when what they are about is changed."""


def short(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


def test_all_commands_are_run_but_those_that_cannot_be() -> None:
    found = {
        short(page): [step.reason for step in steps_of(page) if isinstance(step, NotRun)]
        for page in PAGES
    }

    assert {page: reasons for page, reasons in found.items() if reasons} == NOT_RUN


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_commands_stand_where_they_are_run(page: Path) -> None:
    languages = set(re.findall(r"^```(\w+)", page.read_text("utf-8"), re.MULTILINE))

    assert not languages & {"sh", "bash", "shell", "shellsession"}
    assert not re.search(r"^```text\n\$ ", page.read_text("utf-8"), re.MULTILINE)


def test_a_page_is_read_as_steps(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- run: true\nfalse -->\n<!-- file: a.yaml -->\n```yaml\na: 1\n```\n"
        "```console\n$ cat <<'END'\n$ not a command\nEND\n$ echo \\\n    a\na\n```\n"
        "<!-- first terminal -->\n```text\nready\n```\n"
        "<!-- not run: needs a moon -->\n```console\n$ howl\n```\n"
    )

    hidden, file, cat, echo, said, left_out = steps_of(page)

    assert hidden == Hidden("true\nfalse")
    assert file == Shown("a.yaml", "a: 1\n")
    assert cat == Command("cat <<'END'\n$ not a command\nEND", [], 10)
    assert echo == Command("echo \\\n    a", ["a"], 12)
    assert said == Said(["ready"], 16)
    assert left_out == NotRun("needs a moon", "$ howl\n")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("sent evt_1a at 12:00:01", "sent evt_2b at 13:59:59"),
        ("10:00:00 took 12 ms, 3s ago", "11:00:00 took 1.5s, 2m5s ago"),
        ("id    state", "id         state  "),
        ("a\n…\nz", "a\nb\nc\nz"),
        ("a … z", "a b c z"),
    ],
)
def test_what_differs_from_run_to_run_is_alike(shown: str, printed: str) -> None:
    assert is_like(shown.splitlines(), printed.splitlines(), {})


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("1 dead", "2 dead"),
        ("a", "a\nb"),
        ("a\nb", "a"),
        ("evt_1a evt_1a", "evt_2b evt_2c"),
        ("sent", "lost"),
        ("a\n…\nz", "a\nb"),
    ],
)
def test_everything_else_is_not(shown: str, printed: str) -> None:
    names: dict[str, str] = {}

    assert not is_like(shown.splitlines(), printed.splitlines(), names)
    assert names == {}


def test_an_id_that_was_shown_stands_for_the_one_of_this_run() -> None:
    names: dict[str, str] = {}

    assert is_like(["took evt_1a"], ["took evt_9z"], names)
    assert renamed("orgloop trace evt_1a", names) == "orgloop trace evt_9z"
