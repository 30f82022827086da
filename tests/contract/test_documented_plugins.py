"""The plugins that the documentation shows are plugins: each passes the suite of its interface."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.defer import Deferred

import orgloop.sdk
from orgloop.errors import Dropped
from orgloop.interfaces import IActor, IBlockingLogger, ISource, ITransform
from orgloop.plugin import Kind, PluginContext
from orgloop.plugins.projectfiles import load_file
from orgloop.reports import TransformContext, WebhookRequest
from orgloop.sdk import Debounced, Finding
from orgloop.testing.actor import ActorSuite
from orgloop.testing.events import make_event
from orgloop.testing.httpserver import Answer
from orgloop.testing.lending import NOW_MS, lend
from orgloop.testing.logger import LoggerSuite
from orgloop.testing.socketless import SocketlessHTTPClient
from orgloop.testing.source import SourceSuite
from orgloop.testing.transform import TransformSuite

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "writing-a-plugin.md"
FEED = {"items": [{"id": "1", "date_published": "2026-01-31T08:00:00Z", "title": "First"}]}
_CODE = re.compile(r"^```python\n# (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def shown() -> dict[str, str]:
    pages = (PAGE, DOCS / "how-to" / "connector.md")
    return {name: code for page in pages for name, code in _CODE.findall(page.read_text("utf-8"))}


def plugin(kind: Kind, name: str, context: PluginContext, **options: Any) -> Any:
    """Load a plugin from where a project would have it, and make one."""
    file = context.directory / Path(name).name
    file.write_text(shown()[name])
    registration = load_file(file)
    factory = registration.factory(kind)
    assert factory is not None
    return factory(registration.config_class(kind)(**options), context)


class TestShownSource(SourceSuite):
    def make(self, context: PluginContext) -> ISource:
        (context.directory / "notes.txt").write_text("one\ntwo\nthr")
        source: ISource = plugin(
            Kind.SOURCE, "connectors/lines.py", context, path=Path("notes.txt")
        )
        return source


class TestSourceInThirtyLines(SourceSuite):
    def lend(self, directory: Path) -> PluginContext:
        return lend(directory, http=SocketlessHTTPClient(lambda request: Answer(json=FEED)))

    def make(self, context: PluginContext) -> ISource:
        options = {"url": "http://feed.example/feed.json"}
        source: ISource = plugin(Kind.SOURCE, "connectors/feed.py", context, **options)
        return source


class TestShownWebhookSource(SourceSuite):
    requests = (WebhookRequest("/webhook/t", {}, b'{"id": "c1", "text": "done"}', NOW_MS),)

    def make(self, context: PluginContext) -> ISource:
        source: ISource = plugin(Kind.SOURCE, "connectors/tracker.py", context, secret="tr4cker")
        return source


class TestShownActor(ActorSuite):
    def make(self, context: PluginContext) -> IActor:
        options = {"url": "https://chat.example.com/api", "token": "t"}
        actor: IActor = plugin(Kind.ACTOR, "connectors/chat.py", context, **options)
        return actor


class TestShownTransform(TransformSuite):
    events = (make_event(payload={"text": "x" * 1000}), make_event(payload={"text": ""}))

    def make(self, context: PluginContext) -> ITransform:
        transform: ITransform = plugin(Kind.TRANSFORM, "transforms/shorten.py", context)
        return transform


class TestShownLogger(LoggerSuite):
    def make(self, context: PluginContext) -> IBlockingLogger:
        logger: IBlockingLogger = plugin(Kind.LOGGER, "loggers/tally.py", context)
        return logger

    def written(self, context: PluginContext) -> str:
        return (context.directory / "tally.txt").read_text()


def test_the_shown_transform_shortens_and_drops(tmp_path: Path) -> None:
    shorten = plugin(Kind.TRANSFORM, "transforms/shorten.py", lend(tmp_path), limit=3)
    context = TransformContext(
        source="s", target="a", event_type="resource.changed", route="r", accepted_at=0
    )

    assert shorten.apply(make_event(payload={"text": "abcdef"}), context).payload == {"text": "abc"}
    with pytest.raises(Dropped, match="text is empty"):
        shorten.apply(make_event(payload={"text": ""}), context)


def test_the_sdk_has_what_the_page_says() -> None:
    section = PAGE.read_text("utf-8").split("## What `orgloop.sdk` has")[1].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", section))

    assert named <= set(orgloop.sdk.__all__)


def test_the_shown_test_is_one(tmp_path: Path) -> None:
    for name in ("connectors/lines.py", "tests/test_lines.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(shown()[name])

    suite = run_path(str(tmp_path / "tests" / "test_lines.py"))["TestLinesSource"]

    assert issubclass(suite, SourceSuite)
    assert suite().make(lend(tmp_path)) is not None


def hook(name: str, **names: Any) -> Any:
    """Return a function that the page shows by itself, as the module of a plugin would have it."""
    (code,) = re.findall(
        rf"^```python\n((?:async )?def {name}\(.*?)^```$",
        PAGE.read_text("utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    exec(code, names)
    return names[name]


def test_the_shown_debounce_lets_edits_wait_and_nothing_else() -> None:
    debounce = hook("debounce", Debounced=Debounced)
    told = {"platform": "desk", "resource_id": "c1"}

    edited = make_event(provenance={**told, "platform_event": "comment.edited"})
    created = make_event(provenance={**told, "platform_event": "comment.created"})

    assert debounce(None, edited) == Debounced(key="c1", quiet_ms=30_000, max_ms=300_000)
    assert debounce(None, created) is None


def test_the_shown_samples_are_made_by_the_shown_source(tmp_path: Path) -> None:
    module: dict[str, Any] = {}
    exec(shown()["connectors/tracker.py"], module)
    samples = hook("samples", **module)

    made = Deferred.fromCoroutine(samples(None, lend(tmp_path))).result

    assert [one.provenance["platform_event"] for one in made] == ["issue.changed"]


async def reached(context: PluginContext, host: str, port: int, fix: str) -> Finding:
    """Stand for the network."""
    return Finding(status="ok", message="it can be reached")


def test_the_shown_checks_say_what_is_wrong(tmp_path: Path) -> None:
    module: dict[str, Any] = {}
    exec(shown()["connectors/desk_check.py"], module)
    module["reach"] = reached
    refusing = lend(
        tmp_path, http=SocketlessHTTPClient(lambda request: Answer(status=401)), is_exposed=True
    )
    config = SimpleNamespace(host="desk.internal")

    found = Deferred.fromCoroutine(module["check"](config, refusing)).result

    assert [one.message for one in found] == ["it can be reached", "it is refused"]
    assert [one.status for one in module["local_check"](config, refusing)] == ["error"]
    assert module["local_check"](config, lend(tmp_path)) == []


def test_what_the_page_names_of_the_testing_kit_is_there() -> None:
    named = set(re.findall(r"`orgloop\.testing\.([\w.]+)", PAGE.read_text("utf-8")))

    assert len([one for one in named if "StandIn" in one or "github" in one]) >= 7
    for one in named:
        module, _, name = one.partition(".")
        found = import_module(f"orgloop.testing.{module}")
        assert not name or callable(getattr(found, name.split(".")[0])), one
