"""A plugin's name leads to its registration, or to a message that helps."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from orgloop.config.load import load_project
from orgloop.config.problems import ProjectInvalid
from orgloop.errors import PluginError, UnknownPlugin
from orgloop.plugin import Kind, Registration
from orgloop.plugins.catalogue import Catalogue
from orgloop.plugins.names import is_project_file, short_name

HERE = Path("/project")


def _nothing(config: Any, context: Any) -> Any:
    raise NotImplementedError


GITHUB = Registration(id="github", source=_nothing)
JIRA = Registration(id="jira", source=_nothing, actor=_nothing)


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    """One built-in connector, one installed one, and installed ones that are broken."""
    module = ModuleType("plugins_of_this_test")
    module.registration = GITHUB
    module.jira = JIRA
    sys.modules[module.__name__] = module
    offers = {
        "jira": f"{module.__name__}:jira",
        "github": f"{module.__name__}:jira",
        "@acme/connector-x": f"{module.__name__}:jira",
        "broken": "no_such_module_anywhere:x",
        "odd": f"{module.__name__}:__name__",
    }

    def installed(family: str) -> list[EntryPoint]:
        group = f"orgloop.{family}s"
        return [EntryPoint(name, value, group) for name, value in offers.items()]

    builtins = {"connector": {"github": module.__name__}, "transform": {}, "logger": {}}
    yield Catalogue(builtins, installed)
    del sys.modules[module.__name__]


@pytest.mark.parametrize(
    "name", ["github", "@orgloop/connector-github", "orgloop-connector-github"]
)
def test_a_built_in_has_three_spellings(catalogue: Catalogue, name: str) -> None:
    assert catalogue.resolve(Kind.SOURCE, name, HERE) is GITHUB


@pytest.mark.parametrize("name", ["jira", "orgloop-connector-jira", "@acme/connector-x"])
def test_an_installed_distribution_offers_plugins(catalogue: Catalogue, name: str) -> None:
    assert catalogue.resolve(Kind.ACTOR, name, HERE) is JIRA


def test_an_unknown_name_says_what_is_close_and_what_to_install(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownPlugin) as caught:
        catalogue.resolve(Kind.SOURCE, "githb", HERE)
    assert str(caught.value) == (
        "there is no connector `githb`. Did you mean `github`? Known: @acme/connector-x, broken, "
        "github, jira, odd. Others are installed: pip install orgloop-connector-githb"
    )


def test_a_transform_is_no_connector(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownPlugin, match="there is no connector `@orgloop/transform-filter`"):
        catalogue.resolve(Kind.SOURCE, "@orgloop/transform-filter", HERE)


def test_a_plugin_that_is_no_actor_says_what_it_is(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownPlugin, match="cannot be used as an actor, only as source"):
        catalogue.resolve(Kind.ACTOR, "github", HERE)


def test_a_broken_distribution_is_named(catalogue: Catalogue) -> None:
    with pytest.raises(PluginError, match=r"`broken` of .* ModuleNotFoundError"):
        catalogue.resolve(Kind.SOURCE, "broken", HERE)
    with pytest.raises(PluginError, match=r"`odd` of .* is no registration"):
        catalogue.resolve(Kind.SOURCE, "odd", HERE)


def test_a_distribution_that_exits_is_a_broken_one(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "exits_when_imported.py").write_text("import sys\nsys.exit(3)\n")
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("a", "exits_when_imported:x", "orgloop.connectors")
    with pytest.raises(PluginError, match=r"`a` of .* SystemExit"):
        Catalogue({"connector": {}}, lambda family: [point]).resolve(Kind.SOURCE, "a", HERE)


def test_two_distributions_with_one_name_are_an_error() -> None:
    points = [
        EntryPoint("a", "one:x", "orgloop.connectors"),
        EntryPoint("a", "two:x", "orgloop.connectors"),
    ]
    with pytest.raises(PluginError, match="`a` is offered by one:x and two:x"):
        Catalogue({"connector": {}}, lambda family: points).resolve(Kind.SOURCE, "a", HERE)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.SOURCE, "webhook"),
        (Kind.ACTOR, "webhook"),
        (Kind.SOURCE, "cron"),
        (Kind.ACTOR, "command"),
        (Kind.TRANSFORM, "filter"),
        (Kind.TRANSFORM, "dedup"),
        (Kind.TRANSFORM, "enrich"),
        (Kind.TRANSFORM, "script"),
        (Kind.LOGGER, "console"),
        (Kind.LOGGER, "file"),
    ],
)
def test_every_built_in_is_there(kind: Kind, name: str) -> None:
    catalogue = Catalogue()
    assert catalogue.resolve(kind, name, HERE).factory(kind) is not None
    assert name in catalogue.known(kind)


def test_nothing_is_looked_up_among_distributions_for_a_built_in(catalogue: Catalogue) -> None:
    def installed(family: str) -> list[EntryPoint]:
        raise AssertionError(family)

    builtins = {"connector": {"github": "plugins_of_this_test"}}
    assert Catalogue(builtins, installed).resolve(Kind.SOURCE, "github", HERE) is GITHUB


def test_paths_are_project_files() -> None:
    assert is_project_file("./jira.py")
    assert is_project_file("jira.py")
    assert is_project_file("connectors/jira")
    assert not is_project_file("jira")
    assert not is_project_file("@orgloop/connector-jira")
    assert short_name(Kind.LOGGER, "@orgloop/logger-file") == "file"
    assert short_name(Kind.LOGGER, "@orgloop/connector-file") == "@orgloop/connector-file"


PLUGIN = """\
from __future__ import annotations

from attrs import frozen

from orgloop.options import option
from orgloop.plugin import Registration


@frozen(kw_only=True)
class Options:
    board: str = option("The board.")


class Jira:
    def __init__(self, config, context):
        self.config = config


registration = Registration(id="jira", source=Jira, config=Options)
"""


def test_a_file_of_the_project_is_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "jira.py").write_text(PLUGIN)
    found = Catalogue().resolve(Kind.SOURCE, "./jira.py", tmp_path)
    assert found.id == "jira"
    assert Catalogue().resolve(Kind.SOURCE, "jira.py", tmp_path) is found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "x = 1\n\nraise ValueError('no')\n",
            "broken.py, line 3, cannot be loaded: ValueError: no",
        ),
        ("x = (\n", "broken.py, line 1, cannot be loaded: SyntaxError"),
        ("import no_such_module_anywhere\n", "line 1, cannot be loaded: ModuleNotFoundError"),
        ("import sys\nsys.exit(3)\n", "line 2, cannot be loaded: SystemExit"),
        ("raise BaseException\n", "line 1, cannot be loaded: BaseException"),
        ("raise ValueError('caf\\udce9')\n", "line 1, cannot be loaded: ValueError: caf"),
        ("registration = 3\n", "defines no plugin"),
    ],
)
def test_a_broken_file_says_where(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "broken.py").write_text(text)
    with pytest.raises(PluginError) as caught:
        Catalogue().resolve(Kind.SOURCE, "./broken.py", tmp_path)
    assert message in str(caught.value)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownPlugin, match="there is no file"):
        Catalogue().resolve(Kind.SOURCE, "./none.py", tmp_path)


def _project(directory: Path, connector: str, config: str) -> None:
    (directory / "connectors").mkdir()
    (directory / "connectors" / "jira.py").write_text(PLUGIN)
    (directory / "orgloop.yaml").write_text(
        "apiVersion: orgloop/v1alpha1\nkind: Project\nmetadata: {name: org}\n"
        "connectors: [connectors/all.yaml]\n"
    )
    (directory / "connectors" / "all.yaml").write_text(
        dedent(
            f"""\
            apiVersion: orgloop/v1alpha1
            kind: ConnectorGroup
            sources:
              - {{id: jira, connector: {connector}, config: {config}}}
            """
        )
    )


@pytest.mark.parametrize("connector", ["./jira.py", "./connectors/jira.py"])
def test_a_project_file_is_found_beside_the_yaml_or_in_the_project(
    tmp_path: Path, connector: str
) -> None:
    _project(tmp_path, connector, "{board: ENG}")
    loaded = load_project(tmp_path, environ={}, home=tmp_path / "home", catalogue=Catalogue())
    assert loaded.project.sources["jira"].config.board == "ENG"


def test_the_options_of_a_project_file_are_checked(tmp_path: Path) -> None:
    _project(tmp_path, "./jira.py", "{bord: ENG}")
    with pytest.raises(ProjectInvalid, match="Did you mean `board`"):
        load_project(tmp_path, environ={}, home=tmp_path / "home", catalogue=Catalogue())


def test_options_of_a_type_nobody_knows_are_the_plugins_fault(tmp_path: Path) -> None:
    _project(tmp_path, "./jira.py", "{board: ENG}")
    file = tmp_path / "connectors" / "jira.py"
    file.write_text(PLUGIN.replace("board: str", "board: complex"))
    with pytest.raises(ProjectInvalid, match="Tell the plugin's authors"):
        load_project(tmp_path, environ={}, home=tmp_path / "home", catalogue=Catalogue())
