"""The script ``sample`` does what every transform does: pytest tests/test_sample_module.py"""

from __future__ import annotations

import subprocess
from pathlib import Path

from orgloop.sdk import ITransform, PluginContext
from orgloop.testing.events import make_event
from orgloop.testing.transform import TransformSuite
from orgloop.transforms.script import Script, ScriptConfig

SCRIPT = Path(__file__).parents[1] / "transforms" / "sample_module.sh"


class TestSample(TransformSuite):
    events = (make_event(payload={"draft": True}), make_event(payload={"draft": False}))

    def make(self, context: PluginContext) -> ITransform:
        return Script(ScriptConfig(script=SCRIPT), context)


def test_drafts_are_dropped_and_the_rest_passes() -> None:
    answers = [
        subprocess.run([SCRIPT], input=event.to_bytes(), capture_output=True, check=False)
        for event in TestSample.events
    ]

    assert [(one.returncode, bool(one.stdout)) for one in answers] == [(1, False), (0, True)]
