"""Write the tables into the pages of documentation, from the classes that check a project.

    python docs/write_options.py

A table of options stands between ``<!-- options: NAME -->`` and ``<!-- end -->``, a list of pages
between ``<!-- pages: NAME -->`` and ``<!-- end -->``; so do metrics (``metrics: GROUP``), alert
rules (``alerts: GROUP``) and what older projects may say (``older: ignored``, ``older: renamed``).
A test sees to it that what is committed is what this writes.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, Literal

import attrs
import yaml
from attrs import frozen

from orgloop.config.blocks import Metadata, Poll, Then, TransformUse, With
from orgloop.config.delivery import (
    BatchSettings,
    CircuitSettings,
    DebounceSettings,
    DeliverySettings,
    RetrySettings,
)
from orgloop.config.documents import BLOCKS, DOCUMENTS
from orgloop.config.entries import Entry
from orgloop.config.model import (
    GuardSettings,
    InboxSettings,
    LoopLimits,
    Match,
    WebhookListener,
)
from orgloop.config.nodes import Node
from orgloop.config.structure import table_of
from orgloop.connectors.cron.config import Schedule
from orgloop.durations import Duration
from orgloop.http.families import GROUPS
from orgloop.plugin import Kind, Registration
from orgloop.plugins.builtins import BUILTINS
from orgloop.plugins.names import family
from orgloop.sizes import Size

PAGES = Path(__file__).parent
REFERENCE = PAGES / "reference"
ALERTS = PAGES / "monitoring" / "alerts.yml"
CLASSES: Mapping[str, Any] = {
    **DOCUMENTS,
    **BLOCKS,
    "Metadata": Metadata,
    "Poll": Poll,
    "Match": Match,
    "TransformUse": TransformUse,
    "Then": Then,
    "With": With,
    "Delivery": DeliverySettings,
    "Retry": RetrySettings,
    "CircuitBreaker": CircuitSettings,
    "Debounce": DebounceSettings,
    "Batch": BatchSettings,
    "Guard": GuardSettings,
    "Inbox": InboxSettings,
    "Loop": LoopLimits,
    "WebhookListener": WebhookListener,
    "Schedule": Schedule,
}
_BLOCK = re.compile(
    r"(<!-- (options|pages|older|metrics|alerts): (\w+) -->\n).*?(<!-- end -->)", re.DOTALL
)
_PLACE = re.compile(r"{{ \$([\w.]+)[^}]*}}")  # of a value in the text of an alert
_MAYBE = re.compile(r"{{ with (\$[\w.]+) }}(.*?){{ \. }}(.*?){{ end }}")  # shown if there is one
_MOST_SHOWN = 3
_HEADING = "| option | type | default | |\n|---|---|---|---|\n"
_WORDS: Mapping[Any, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "switch",
    Path: "path",
    Duration: "duration",
    Size: "size",
    Node: "mapping",
    Any: "anything",
}
_SCHEMA_WORDS = {
    "string": "text",
    "integer": "number",
    "array": "list",
    "object": "mapping",
}


@frozen
class Component:
    """One thing that is built in and has a page: a plugin, as one of the kinds it can be."""

    kind: Kind
    name: str
    registration: Registration

    @property
    def page(self) -> Path:
        """Return the file of its page; a connector that is both kinds has one for each."""
        both = {Kind.SOURCE, Kind.ACTOR}
        is_both = self.kind in both and all(map(self.registration.factory, both))
        name = f"{self.name}-{self.kind}" if is_both else self.name
        return REFERENCE / f"{family(self.kind)}s" / f"{name}.md"

    @property
    def options(self) -> type[Any]:
        """Return the class of its options."""
        return self.registration.config_class(self.kind)


def components() -> Iterator[Component]:
    """Yield everything that is built in, by kind and name."""
    for kind in Kind:
        for name, module in sorted(BUILTINS[family(kind)].items()):
            registration = import_module(module).registration
            if registration.factory(kind) is not None:
                yield Component(kind, name, registration)


CLASSES_OF_PLUGINS = {one.options.__name__: one.options for one in components()}


def with_tables(page: str) -> str:
    """Return the text of a page with every table in it written anew."""

    def written(match: re.Match[str]) -> str:
        name = match[3]
        return match[1] + _WRITERS[match[2]](name) + match[4]

    return _BLOCK.sub(written, page)


def _class(name: str) -> Any:
    return CLASSES[name] if name in CLASSES else CLASSES_OF_PLUGINS[name]


def _pages(kind: str) -> str:
    """Return a table of the pages of one kind: the name, and the page's first sentence."""
    rows = [
        f"| [{one.name}]({one.page.relative_to(REFERENCE).as_posix()}) | {purpose(one.page)} |\n"
        for one in components()
        if one.kind is Kind(kind)
    ]
    return "| | |\n|---|---|\n" + "".join(rows)


def _metrics(group: str) -> str:
    """Return a table of the metrics that are about one thing."""
    rows = [
        f"| `{one.name}{'{' + ','.join(one.labels) + '}' if one.labels else ''}` | {one.kind} "
        f"| {one.text} |\n"
        for one in GROUPS[group]
    ]
    return "| metric | kind | |\n|---|---|---|\n" + "".join(rows)


def _alerts(group: str) -> str:
    """Return a table of the alert rules of one group."""
    document = yaml.safe_load(ALERTS.read_text("utf-8"))
    [rules] = [one["rules"] for one in document["groups"] if one["name"] == group]
    rows = [
        f"| `{rule['alert']}` | {_said(rule['annotations']['summary'])} "
        f"| {rule.get('for', 'at once')} | {rule['labels']['severity']} |\n"
        for rule in rules
    ]
    return "| alert | | after | severity |\n|---|---|---|---|\n" + "".join(rows)


def _said(text: str) -> str:
    return _PLACE.sub(_place, _MAYBE.sub(r"\2{{ \1 }}\3", text))


def _place(match: re.Match[str]) -> str:
    return "*N*" if match[1] == "value" else f"*{match[1].removeprefix('labels.')}*"


def purpose(page: Path) -> str:
    """Return the paragraph below the heading of a page, which says what the thing is for."""
    return " ".join(page.read_text("utf-8").split("\n\n")[1].split())


def table(cls: Any) -> str:
    """Return the table of the options of one class."""
    return _HEADING + "".join(_rows(cls))


def _rows(cls: Any, prefix: str = "") -> Iterator[str]:
    """Yield the rows of a class; those of a group in it with its key before theirs."""
    defaults = {one.name: one.default for one in attrs.fields(cls)}
    for entry in table_of(cls).entries:
        default = defaults[entry.name]
        # mypy takes `attrs.Factory`, which is a class, for the function of its stubs.
        if isinstance(default, attrs.Factory) and default.factory is entry.type:  # type: ignore[arg-type]
            yield from _rows(entry.type, f"{prefix}{entry.key}.")
        else:
            yield _row(entry, default, prefix)


def _row(entry: Entry, default: Any, prefix: str = "") -> str:
    key = f"**`{prefix}{entry.key}`**" if entry.required else f"`{prefix}{entry.key}`"
    if entry.option.ignored is not None:
        why = _uncapitalised(entry.option.ignored).rstrip(".")
        return f"| {key} | | | Accepted and ignored: {why}. |\n"
    aliases = "".join(f" Also written `{alias}`." for alias in entry.option.aliases)
    doc = entry.option.doc + aliases
    cells = (key, _type(entry), _default(default), doc)
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|\n"


def _type(entry: Entry) -> str:
    schema = entry.option.schema or {}
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return "text"
    if entry.option.convert is not None:
        kinds = [kind for one in schema.get("anyOf", [schema]) for kind in _kinds(one)]
        return " or ".join(_SCHEMA_WORDS.get(kind, kind) for kind in kinds if kind != "null")
    return " or ".join(dict.fromkeys(_words(entry.type)))


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    written = schema.get("type", "anything")
    return written if isinstance(written, list) else [written]


def _words(kind: Any) -> Iterator[str]:
    origin = typing.get_origin(kind)
    if kind in _WORDS:
        yield _WORDS[kind]
    elif origin is Literal:
        yield ", ".join(f"`{one}`" for one in typing.get_args(kind))
    elif origin in (typing.Union, UnionType):
        for one in typing.get_args(kind):
            yield from _words(one) if one is not type(None) else ()
    elif origin in (tuple, list, Sequence):
        yield "list"
    elif isinstance(kind, type) and issubclass(kind, str):
        yield _WORDS[str]
    else:
        yield "mapping"


def _default(default: Any) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple) and 0 < len(default) <= _MOST_SHOWN:
        return f"`[{', '.join(map(str, default))}]`"
    return (
        f"`{default}`"
        if default and isinstance(default, str | int | Path | Duration | Size)
        else ""
    )


def _older(what: str) -> str:
    """Return a table of the keys that projects of the TypeScript OrgLoop may have."""
    rows: dict[tuple[str, str], list[str]] = {}
    for where, cls in _places():
        for entry in table_of(cls).entries:
            if what == "ignored" and entry.option.ignored is not None:
                why = _uncapitalised(entry.option.ignored).rstrip(".")
                rows.setdefault((entry.key, why), []).append(where)
            for alias in entry.option.aliases if what == "renamed" else ():
                rows.setdefault((alias, f"`{entry.key}`"), []).append(where)
    lines = (f"| `{key}` | {', '.join(at)} | {why} |\n" for (key, why), at in sorted(rows.items()))
    return "| key | of | |\n|---|---|---|\n" + "".join(lines)


def _places() -> Iterator[tuple[str, Any]]:
    yield "`defaults`", CLASSES["Defaults"]
    for one in components():
        yield f"[{one.name}]({one.page.relative_to(PAGES).as_posix()})", one.options


_WRITERS: Mapping[str, Callable[[str], str]] = {
    "options": lambda name: table(_class(name)),
    "pages": _pages,
    "older": _older,
    "metrics": _metrics,
    "alerts": _alerts,
}


def _uncapitalised(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def main() -> None:
    """Rewrite the pages in place."""
    for file in PAGES.rglob("*.md"):
        written = file.read_text("utf-8")
        if (wanted := with_tables(written)) != written:
            file.write_text(wanted, "utf-8")


if __name__ == "__main__":
    main()
