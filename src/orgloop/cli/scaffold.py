"""Put the files of a new project together: from a template, or around connectors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from attrs import field, frozen

from orgloop.plugins.builtins import BUILTINS

TEMPLATES: Mapping[str, str] = {
    "minimal": "a webhook wakes an agent",
    "engineering-org": "GitHub, Linear and Claude Code wake an engineering agent",
    "github-to-slack": "pull requests, reviews and failed runs are told in a channel",
    "multi-agent-supervisor": "one agent supervises the sessions of several coding agents",
    "nightly-report": "an agent writes a report each night, to a channel and by mail",
}
"""The templates that come with OrgLoop, and what a project made from each does."""

_HERE = Path(__file__).parent
_TEMPLATES, _STARTERS = _HERE / "templates", _HERE / "starters"
_TITLE = re.compile(r"^  name: .*$", re.MULTILINE)
_ROUTED: Mapping[str, str] = {"docker": "{action: container.restart}"}
"""What a route says to actors of these connectors, which do nothing by themselves."""

Files = dict[str, bytes]
"""Content by path below the project's directory."""


@frozen
class _Group:
    """The starter of one connector: one source or one actor."""

    connector: str
    text: str = field(repr=False)

    def ids(self, kind: str) -> list[str]:
        """Return the ids of its sources or actors."""
        return [str(one["id"]) for one in yaml.safe_load(self.text).get(kind, ())]


def known_connectors() -> list[str]:
    """Return the connectors that a project can begin with."""
    return [name for name in BUILTINS["connector"] if (_STARTERS / f"{name}.yaml").is_file()]


def from_template(template: str, name: str) -> Files:
    """Return the files of a template, as a project of this name."""
    files = dict(_read(_TEMPLATES / template))
    files["orgloop.yaml"] = _renamed(files["orgloop.yaml"], name)
    files[".gitignore"] = b".env\n"
    return files


def around_connectors(connectors: Sequence[str], name: str) -> Files:
    """Return the files of a project in which each source wakes the first actor, with an SOP.

    Where no source is named there is a webhook, where no actor is, a command.
    """
    groups = [_starter(one) for one in dict.fromkeys(connectors)]
    if not any(group.ids("sources") for group in groups):
        groups.insert(0, _starter("webhook"))
    if not any(group.ids("actors") for group in groups):
        groups.append(_starter("command"))
    files = {f"connectors/{group.connector}.yaml": group.text.encode() for group in groups}
    files["orgloop.yaml"] = _project(name, groups).encode()
    files["routes/routes.yaml"] = _routes(groups).encode()
    files["tests/wiring.yaml"] = _suite(groups).encode()
    files |= _shared_with_minimal()
    files["README.md"] = _readme(name, groups).encode()
    files[".gitignore"] = b".env\n"
    if "command" not in {group.connector for group in groups}:
        del files["agent.sh"]
    return files


def _read(directory: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(directory.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(directory).as_posix(), file.read_bytes()


def _renamed(project: bytes, name: str) -> bytes:
    return _TITLE.sub(_title(name), project.decode(), count=1).encode()


def _title(name: str) -> str:
    return f'  name: "{name}"'  # in quotes it is text, whatever it looks like


def _starter(connector: str) -> _Group:
    return _Group(connector, (_STARTERS / f"{connector}.yaml").read_text("utf-8"))


def _shared_with_minimal() -> Files:
    files = dict(_read(_TEMPLATES / "minimal"))
    return {path: files[path] for path in ("agent.sh", "sops/task.md")}


def _project(name: str, groups: Sequence[_Group]) -> str:
    listed = "".join(f"  - connectors/{group.connector}.yaml\n" for group in groups)
    return (
        "apiVersion: orgloop/v1alpha1\n"
        "kind: Project\n"
        f"metadata:\n{_title(name)}\n"
        f"connectors:\n{listed}"
        "# Every file in routes/ is loaded by itself.\n"
    )


def _routes(groups: Sequence[_Group]) -> str:
    target, actor = next((group, one) for group in groups for one in group.ids("actors"))
    said = _ROUTED.get(target.connector)
    config = f"\n      config: {said}" if said else ""
    routes = "".join(
        f"  - name: {source}-to-{actor}\n"
        f"    when: {{source: {source}}}\n"
        f"    then:\n      actor: {actor}{config}\n"
        "    with: {prompt_file: ../sops/task.md}\n"
        for group in groups
        for source in group.ids("sources")
    )
    return f"apiVersion: orgloop/v1alpha1\nkind: RouteGroup\nroutes:\n{routes}"


def _suite(groups: Sequence[_Group]) -> str:
    """Return tests of the routes, for `orgloop test --suite`."""
    actor = next(one for group in groups for one in group.ids("actors"))
    tests = "".join(
        f"  - name: {source} wakes {actor}\n"
        f"    given: {{generate: {source}}}\n"
        f"    expect: {{routes: {{{source}-to-{actor}: waiting}}}}\n"
        for group in groups
        for source in group.ids("sources")
    )
    return f"apiVersion: orgloop/v1alpha1\nkind: Suite\ntests:\n{tests}"


def _readme(name: str, groups: Sequence[_Group]) -> str:
    listed = "".join(f"- `connectors/{group.connector}.yaml`\n" for group in groups)
    return (
        f"# {name}\n\n"
        f"A project of OrgLoop's. Who is heard and who is woken:\n\n{listed}\n"
        "`routes/routes.yaml` says who is woken with what, `sops/task.md` what is to be done.\n\n"
        "`orgloop env` says what has to be set, in the environment or in a file `.env` here;\n"
        "`orgloop validate` checks the project, `orgloop doctor` tries the services,\n"
        '`orgloop test --suite "tests/*.yaml"` tries the routes, and `orgloop start` runs it.\n'
    )
