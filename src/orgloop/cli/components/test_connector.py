"""``sample`` does what every source and every actor does: pytest tests/test_sample_module.py"""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from urllib.parse import parse_qs, urlsplit

from orgloop.sdk import IActor, ISource, PluginContext
from orgloop.testing.actor import ActorSuite
from orgloop.testing.httpserver import Answer, ReceivedRequest
from orgloop.testing.lending import lend
from orgloop.testing.socketless import SocketlessHTTPClient
from orgloop.testing.source import SourceSuite

PLUGIN = run_path(str(Path(__file__).parents[1] / "connectors" / "sample_module.py"))
ITEMS = [{"id": "1", "title": "one"}, {"id": "2", "title": "two"}]


def service(request: ReceivedRequest) -> Answer:
    """Answer as the service would."""
    parts = urlsplit(request.path)
    if parts.path == "/messages":
        return Answer(status=201)
    after = parse_qs(parts.query).get("after", [""])[0]
    new = [item for item in ITEMS if item["id"] > after]
    return Answer(json=new)


def lent(directory: Path) -> PluginContext:
    return lend(directory, http=SocketlessHTTPClient(service))


class TestSampleSource(SourceSuite):
    def lend(self, directory: Path) -> PluginContext:
        return lent(directory)

    def make(self, context: PluginContext) -> ISource:
        config = PLUGIN["SampleConfig"](url="http://sample.example", token="t")
        source: ISource = PLUGIN["SampleSource"](config, context)
        return source


class TestSampleActor(ActorSuite):
    def lend(self, directory: Path) -> PluginContext:
        return lent(directory)

    def make(self, context: PluginContext) -> IActor:
        config = PLUGIN["SampleConfig"](url="http://sample.example")
        actor: IActor = PLUGIN["SampleActor"](config, context)
        return actor


def test_an_item_is_known_by_its_id() -> None:
    draft = PLUGIN["draft_of"](ITEMS[0])

    assert draft.key == "item:1"
