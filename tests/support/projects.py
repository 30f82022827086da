"""Projects written for one test, and plugins that do nothing but have options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from attrs import Factory, define, frozen

from orgloop.config.load import Loaded, load_project
from orgloop.config.problems import Problem, ProjectInvalid
from orgloop.durations import Duration
from orgloop.errors import InvalidValue, UnknownPlugin
from orgloop.options import option
from orgloop.plugin import EnvironmentVariable, Kind, Registration, Setup
from orgloop.plugins.names import short_name
from orgloop.sizes import Size

HEAD = "apiVersion: orgloop/v1alpha1\nkind: Project\nmetadata: {name: org}\n"
SMALL = """\
sources:
  - {id: hook, connector: webhook}
actors:
  - {id: agent, connector: webhook, config: {url: "http://127.0.0.1:1/"}}
"""
ROUTE = """\
routes:
  - name: all
    when: {source: hook}
    then: {actor: agent}
"""


def _even(written: Any) -> int:
    if not isinstance(written, int) or written % 2:
        raise InvalidValue(f"{written!r} is not even")
    return written


@frozen(kw_only=True)
class RepositoryOptions:
    repo: str | list[str] = option("The repository: `owner/name`.", structural=True)
    token: str = option("A token. Kept secret.", secret=True)
    events: tuple[str, ...] = option("Kinds of events.", default=())
    page_size: int = option("Items per page.", default=50, minimum=1, maximum=100)
    ratio: float = option("A ratio.", default=0.5)
    fresh: bool = option("Whether to begin now.", default=False)
    lookback: Duration = option("How far back.", default=Duration(0), aliases=("look_back",))
    even: int = option("An even number.", default=0, convert=_even)
    cache_dir: str = option("", default="", ignored="Nothing is cached.")
    extra: Any = option("Free JSON.", default=None)
    path: str | None = option("An alias.", default=None, structural=True)


@frozen(kw_only=True)
class Auth:
    type: str = option("The scheme.", default="bearer")
    token: str | None = option("The token.", default=None, secret=True)

    def __attrs_post_init__(self) -> None:
        if self.token is None:
            raise InvalidValue("auth needs a token")


@frozen(kw_only=True)
class CallOptions:
    url: str = option("Where to.", structural=True)
    headers: dict[str, str] = option("Headers.", factory=dict)
    auth: Auth | None = option("Credentials.", default=None)
    cwd: Path | None = option("A directory.", default=None)


@frozen(kw_only=True)
class DedupOptions:
    key: tuple[str, ...] = option("Dot paths.", aliases=("fields",))
    window: Duration = option("For how long.", default=Duration(300_000))


@frozen(kw_only=True)
class ScriptOptions:
    script: Path = option("The program.")
    timeout_ms: int = option("Milliseconds.", default=30_000)


@frozen(kw_only=True)
class FileOptions:
    path: str = option("The file.", default="~/.orgloop/logs/orgloop.log", structural=True)
    max_size: Size | None = option("When to rotate.", default=None)


def _nothing(config: Any, context: Any) -> Any:
    raise NotImplementedError


_PLUGINS = {
    "github": Registration(
        id="github",
        source=_nothing,
        config=RepositoryOptions,
        setup=Setup(
            variables=(
                EnvironmentVariable("GITHUB_TOKEN", "A personal token", "https://example.com/t"),
            )
        ),
    ),
    "webhook": Registration(
        id="webhook",
        source=_nothing,
        actor=_nothing,
        config={"actor": CallOptions},
    ),
    "dedup": Registration(id="dedup", transform=_nothing, config=DedupOptions),
    "script": Registration(id="script", transform=_nothing, config=ScriptOptions),
    "file": Registration(id="file", logger=_nothing, config=FileOptions),
}


class FewPlugins:
    """A catalogue of the plugins above."""

    def resolve(self, kind: Kind, name: str, directory: Path) -> Registration:
        found = _PLUGINS.get(short_name(kind, name))
        if found is None or found.factory(kind) is None:
            raise UnknownPlugin(f"there is no {kind} `{name}`. Known: {', '.join(_PLUGINS)}.")
        return found

    def known(self, kind: Kind) -> list[str]:
        return sorted(_PLUGINS)


@define
class Project:
    """A project in a temporary directory."""

    directory: Path
    home: Path
    environ: dict[str, str] = Factory(dict)

    def write(self, name: str, text: str) -> Path:
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
        return file

    def write_top(self, *blocks: str, environ: Mapping[str, str] | None = None) -> Project:
        """Write ``orgloop.yaml`` from blocks of YAML below the usual header."""
        self.write("orgloop.yaml", HEAD + "".join(dedent(block) for block in blocks))
        self.environ.update(environ or {})
        return self

    def load(self, *, strict: bool = False, key: bytes = b"k") -> Loaded:
        return load_project(
            self.directory,
            environ=self.environ,
            home=self.home,
            catalogue=FewPlugins(),
            strict=strict,
            fingerprint_key=key,
        )

    def problems(self, *, strict: bool = False) -> list[Problem]:
        """Load what cannot be loaded, and return why."""
        with pytest.raises(ProjectInvalid) as caught:
            self.load(strict=strict)
        return list(caught.value.problems)

    def errors(self, *, strict: bool = False) -> list[str]:
        """Return the errors, each with its file's name instead of the whole path."""
        return [
            str(problem).replace(f"{self.directory}/", "")
            for problem in self.problems(strict=strict)
            if problem.severity == "error"
        ]
