"""``sample`` does what every transform does: pytest tests/test_sample_module.py"""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import pytest

from orgloop.sdk import Dropped, ITransform, PluginContext, TransformContext
from orgloop.testing.events import make_event
from orgloop.testing.lending import lend
from orgloop.testing.transform import TransformSuite

PLUGIN = run_path(str(Path(__file__).parents[1] / "transforms" / "sample_module.py"))
CONTEXT = TransformContext(
    source="source", target="actor", event_type="resource.changed", route="route", accepted_at=0
)


class TestSample(TransformSuite):
    events = (make_event(payload={"draft": True}), make_event(payload={"draft": False}))

    def make(self, context: PluginContext) -> ITransform:
        transform: ITransform = PLUGIN["SampleTransform"](PLUGIN["SampleConfig"](), context)
        return transform


def test_drafts_are_dropped_and_the_rest_is_marked(tmp_path: Path) -> None:
    transform = PLUGIN["SampleTransform"](PLUGIN["SampleConfig"](), lend(tmp_path))

    with pytest.raises(Dropped):
        transform.apply(make_event(payload={"draft": True}), CONTEXT)
    marked = transform.apply(make_event(payload={"draft": False}), CONTEXT)

    assert marked.provenance["sample"] == "route"
