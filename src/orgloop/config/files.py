"""Find and open the files of a project."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from orgloop.config.documents import API_VERSION, KINDS
from orgloop.config.model import Place
from orgloop.config.nodes import Mapping, Scalar
from orgloop.config.parsing import parse
from orgloop.config.problems import Findings, Problem, ProjectInvalid, Severity, suggestion
from orgloop.wording import is_proper

PROJECT_FILES = ("orgloop.yaml", "orgloop.yml")
_YAML = (".yaml", ".yml")


def find_project(start: Path) -> Path:
    """Return the ``orgloop.yaml`` of ``start`` or the nearest directory above it, as git does.

    Raises `ProjectInvalid` that says what to do if there is none.
    """
    here = _absolute(start)
    for directory in (here, *here.parents):
        if (found := _project_in(directory)) is not None:
            return found
    raise _nothing_there(f"there is no orgloop.yaml in {here} or above it")


def project_file(path: Path) -> Path:
    """Return the ``orgloop.yaml`` that ``path`` names: the file itself or its directory."""
    path = _absolute(path)
    if _is_file(path):
        return path
    found = _project_in(path)
    if found is None:
        what = f"there is no orgloop.yaml in {path}" if path.is_dir() else f"{path} does not exist"
        raise _nothing_there(what)
    return found


def _absolute(path: Path) -> Path:
    try:
        found = os.path.abspath(path)
    except FileNotFoundError:
        raise _nothing_there("the current directory does not exist any more") from None
    if not is_proper(found):
        raise _no_project(f"the path {found} is no text in UTF-8", "Give it another name.")
    return Path(found)


def _project_in(directory: Path) -> Path | None:
    candidates = (directory / name for name in PROJECT_FILES)
    return next((one for one in candidates if _is_file(one)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        what = f"whether {path} is a file cannot be seen: {error.strerror}"
        raise _no_project(what, "Mend that, or name a project with `-c PATH`.") from error


def _nothing_there(what: str) -> ProjectInvalid:
    return _no_project(what, "Make a project with `orgloop init`, or name one with `-c PATH`.")


def _no_project(what: str, remedy: str) -> ProjectInvalid:
    return ProjectInvalid([Problem(place=None, what=what, remedy=remedy)])


def route_files(project_directory: Path) -> list[Path]:
    """Return the YAML files under ``routes/``, in the order of their names; hidden ones are not."""
    found: list[Path] = []
    for directory, subdirectories, names in os.walk(project_directory / "routes"):
        subdirectories[:] = sorted(one for one in subdirectories if not one.startswith("."))
        found += [
            Path(directory, name)
            for name in sorted(names)
            if name.endswith(_YAML) and not name.startswith(".")
        ]
    return found


def read_document(file: Path, findings: Findings, *, kind: str | None) -> Mapping | None:
    """Return the top of a YAML file, `None` after reporting why there is none.

    ``kind`` is what the header must say (`None`: a file without a header). Keys that begin with
    ``x-`` are left out: they are for anchors.
    """
    text = _text_of(file, findings)
    if text is None:
        return None
    before = len(findings.problems)
    node = parse(text, file, findings)
    if node is None or (isinstance(node, Scalar) and node.value is None):
        if len(findings.problems) == before:
            header = f"apiVersion: {API_VERSION} and kind: {kind}" if kind else "settings"
            findings.add(_top(file), "this file is empty", f"Begin it with {header}.")
        return None
    if not isinstance(node, Mapping):
        findings.add(node.place(), "this file is not a mapping", "Write keys and values.")
        return None
    if kind is not None:
        _check_header(node, kind, findings)
    entries = {key: one for key, one in node.entries.items() if not key.startswith("x-")}
    return Mapping(entries, node.keys, node.file, node.line, node.column)


def _top(file: Path) -> Place:
    return Place(file=file, line=1, column=1)


def _text_of(file: Path, findings: Findings) -> str | None:
    try:
        raw = file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        findings.add(_top(file), f"this file cannot be read: {reason}", "Mend that.")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        place = Place(
            file=file,
            line=before.count(b"\n") + 1,
            column=error.start - before.rfind(b"\n"),
        )
        findings.add(place, "this is not UTF-8", "Save the file as UTF-8.")
        return None


def _check_header(node: Mapping, kind: str, findings: Findings) -> None:
    _check_word(node, "apiVersion", API_VERSION, kind, findings)
    _check_word(node, "kind", kind, kind, findings)


def _check_word(node: Mapping, key: str, expected: str, kind: str, findings: Findings) -> None:
    written = node.get(key)
    if written is None:
        # group files without a header were always loaded; a project without one never was
        severity: Severity = "error" if kind == "Project" else "warning"
        place = node.entries.get(key, node).place((None, key))
        findings.add(place, f"`{key}` is missing", f"Begin with `{key}: {expected}`.", severity)
        return
    value = written.value if isinstance(written, Scalar) else None
    if value == expected:
        return
    shown = f"`{value}`" if isinstance(value, str) else "this"
    remedy = f"Write `{key}: {expected}`."
    if key == "kind" and isinstance(value, str) and value not in KINDS:
        remedy = f"{suggestion(value, KINDS)} {remedy}"
    elif key == "kind" and value in KINDS:
        remedy = f"{_where_kind_belongs(str(value))} Or write `kind: {expected}`."
    findings.add(written.place((None, key)), f"{shown} is not `{expected}`", remedy)


def _where_kind_belongs(kind: str) -> str:
    lists = {
        "ConnectorGroup": "connectors",
        "RouteGroup": "routes",
        "TransformGroup": "transforms",
        "LoggerGroup": "loggers",
    }
    if kind == "Suite":
        return "Files of kind Suite are run by `orgloop test --suite`, and no part of a project."
    if kind not in lists:
        return "A project does not contain another one."
    return f"Files of kind {kind} are named in the list `{lists[kind]}` of orgloop.yaml."


def found_beside(written: str, beside: Path, project_directory: Path) -> Path | None:
    """Return the file that ``written`` names: beside the file ``beside``, else in the project."""
    return first_file((beside.parent / written, project_directory / written))


def first_file(places: Iterable[Path]) -> Path | None:
    """Return the first of ``places`` that is a file."""
    for place in places:
        try:
            if place.is_file():
                return place
        except (OSError, ValueError):  # too long a name, or a NUL in it
            return None
    return None
