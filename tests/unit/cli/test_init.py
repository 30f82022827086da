"""A new project: where it goes, what it holds, what it says it needs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from orgloop.cli import scaffold
from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.main import orgloop
from orgloop.cli.scaffold import TEMPLATES, around_connectors, from_template
from orgloop.config.load import Loaded, load_project
from orgloop.plugins.builtins import BUILTINS
from orgloop.plugins.catalogue import Catalogue

PACKAGE = Path(scaffold.__file__).parent
SET = {
    "SMTP_HOST": "localhost",
    "REPORT_REPOSITORY": ".",
    "REPORT_FROM": "a@example.com",
    "REPORT_TO": "b@example.com",
    "MAIL_FROM": "a@example.com",
    "MAIL_TO": "b@example.com",
    "GITHUB_REPO": "acme/shop",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/a",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory, which is the current one."""
    directory = tmp_path / "acme"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def init(*arguments: str, **environ: str) -> Result:
    home = str(Path.cwd().parent / "home")
    invocation = Invocation({"ORGLOOP_HOME": home, "HOME": home, **environ})
    return CliRunner().invoke(orgloop, ["init", *arguments], obj=invocation)


def loaded(directory: Path) -> Loaded:
    """Load a project, strictly, with a value for each variable that it names."""
    texts = [file.read_text("utf-8") for file in directory.rglob("*.yaml")]
    named = {name for text in texts for name in re.findall(r"\$\{(\w+)\}", text)}
    return load_project(
        directory,
        environ={name: SET.get(name, "value") for name in named},
        home=directory.parent / "home",
        catalogue=Catalogue(),
        strict=True,
    )


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_becomes_a_valid_project_of_the_given_name(
    template: str, here: Path
) -> None:
    result = init("--template", template, "--name", "2026", "--no-interactive")

    assert result.exit_code == Exit.SUCCESS
    made = loaded(here)
    assert made.project.name == "2026"
    assert made.problems == ()
    assert (here / ".gitignore").read_text() == ".env\n"


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_says_what_to_set_and_what_to_do(template: str) -> None:
    files = {path: content.decode() for path, content in from_template(template, "x").items()}
    written = [text for path, text in files.items() if path.endswith(".yaml")]
    needed = {name for text in written for name in re.findall(r"\$\{(\w+)\}", text)}
    sops = [text.lower() for path, text in files.items() if path.startswith("sops/")]

    assert needed <= set(re.findall(r"^(\w+)=$", files[".env.example"], re.MULTILINE))
    assert all(f"`{name}`" in files["README.md"] for name in needed)
    assert sops
    for part in ("look at", "do", "stop", "report"):
        assert all(re.search(rf"(^## |^\*){part}", sop, re.MULTILINE) for sop in sops), part


def test_the_templates_that_are_offered_are_those_there_are() -> None:
    there = {file.parent.name for file in PACKAGE.glob("templates/*/orgloop.yaml")}

    assert there == set(TEMPLATES)


@pytest.mark.parametrize("connector", BUILTINS["connector"])
def test_a_project_can_begin_with_any_connector(connector: str, here: Path) -> None:
    result = init("--connectors", connector, "--no-interactive")

    assert result.exit_code == Exit.SUCCESS, result.output
    made = loaded(here)
    assert made.problems == ()
    assert connector in {
        one.registration.id
        for one in (*made.project.sources.values(), *made.project.actors.values())
    }
    assert made.project.routes


def test_each_source_wakes_the_first_actor_with_an_sop() -> None:
    files = around_connectors(["github", "linear", "openclaw", "slack"], "x")
    routes = yaml.safe_load(files["routes/routes.yaml"])["routes"]

    assert [(one["when"]["source"], one["then"]["actor"]) for one in routes] == [
        ("github", "openclaw"),
        ("linear", "openclaw"),
    ]
    assert routes[0]["with"] == {"prompt_file": "../sops/task.md"}


def test_names_of_older_projects_are_understood(here: Path) -> None:
    init("--connectors", "@orgloop/connector-github, openclaw", "--no-interactive")

    assert set(loaded(here).project.sources) == {"github"}


def test_a_directory_that_is_not_empty_gets_a_directory_of_the_name(here: Path) -> None:
    (here / "notes.txt").write_text("mine")

    result = init("--name", "org", "--no-interactive")

    assert result.exit_code == Exit.SUCCESS
    assert (here / "org" / "orgloop.yaml").is_file()
    assert {entry.name for entry in here.iterdir()} == {"notes.txt", "org"}
    assert "cd org" in result.stderr


def test_an_empty_directory_gives_the_project_its_name(here: Path) -> None:
    init("--no-interactive")

    assert loaded(here).project.name == "acme"


def test_nothing_is_overwritten(here: Path) -> None:
    (here / "org").mkdir()
    (here / "org" / "orgloop.yaml").write_text("mine")

    result = init("--name", "org", "--no-interactive")

    assert result.exit_code == Exit.FAILED
    assert "nothing was written" in result.stderr
    assert (here / "org" / "orgloop.yaml").read_text() == "mine"
    assert len(list((here / "org").iterdir())) == 1


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x\n", "x" * 101])
def test_a_name_that_is_no_directory_of_ours_is_refused(name: str, here: Path) -> None:
    result = init("--name", name, "--no-interactive")

    assert result.exit_code == Exit.USAGE
    assert list(here.iterdir()) == []
    assert not (here.parent / "x").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--template", "none-such"),
        ("--connectors", "gihtub"),
        ("--connectors", "github", "--template", "minimal"),
    ],
)
def test_what_there_is_not_is_refused_and_nothing_written(
    arguments: tuple[str, ...], here: Path
) -> None:
    result = init(*arguments, "--no-interactive")

    assert result.exit_code == Exit.USAGE
    assert list(here.iterdir()) == []


def test_it_lists_the_variables_and_offers_the_hook(here: Path) -> None:
    result = init("--template", "engineering-org", "--no-interactive", GITHUB_TOKEN="ghp_secret")

    assert "GITHUB_TOKEN: set in the environment" in result.stdout
    assert "LINEAR_API_KEY: NOT SET" in result.stdout
    assert "get one: https://linear.app/" in result.stdout
    assert "GITHUB_API_URL" not in result.stdout
    assert "orgloop hook install claude-code" in result.stderr
    assert "cp .env.example .env" in result.stderr
    assert "ghp_secret" not in result.output


def test_a_template_that_needs_nothing_has_nothing_to_fill_in(here: Path) -> None:
    assert ".env.example" not in init("--template", "minimal", "--no-interactive").stderr


def test_the_copy_of_an_example_is_told_to_be_empty(here: Path) -> None:
    init("--template", "engineering-org", "--no-interactive")
    (here / ".env").write_text((here / ".env.example").read_text("utf-8"), "utf-8")

    result = CliRunner().invoke(orgloop, ["env", "check"], obj=Invocation({}))

    assert result.exit_code == Exit.FAILED
    assert "not set: GITHUB_REPO, GITHUB_TOKEN, LINEAR_API_KEY, LINEAR_TEAM" in result.stderr
    assert "Whose issues: the team's key" in result.stdout


def test_in_json_it_says_the_same(here: Path) -> None:
    result = init("--template", "multi-agent-supervisor", "--json", "--no-interactive")
    told = json.loads(result.stdout)

    assert told["directory"] == str(here)
    assert told["template"] == "multi-agent-supervisor"
    assert set(told["files"]) == {
        file.relative_to(here).as_posix() for file in here.rglob("*") if file.is_file()
    }
    assert told["hooks"] == [
        f"orgloop hook install {agent}" for agent in ("claude-code", "codex", "opencode")
    ]
    assert "OPENCLAW_WEBHOOK_TOKEN" in {one["name"] for one in told["variables"]}


def test_without_a_terminal_nothing_is_asked(here: Path) -> None:
    result = init()

    assert result.exit_code == Exit.SUCCESS
    assert (here / "orgloop.yaml").is_file()
