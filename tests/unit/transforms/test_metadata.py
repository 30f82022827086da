"""Every event is given the same fields."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from orgloop import __version__
from orgloop.errors import InvalidValue
from orgloop.event import Event
from orgloop.plugin import PluginContext
from orgloop.reports import TransformContext
from orgloop.transforms.metadata import Metadata, MetadataConfig, _additions

SEEN = TransformContext(
    source="gh", target="a", event_type="resource.changed", route="r", accepted_at=0
)
EVENT = Event(
    "evt_1", "2026-01-31T08:15:00Z", "gh", "resource.changed", {"platform": "github"}, {"n": 1}
)


def applied(context: PluginContext, add: dict[str, Any]) -> Event:
    return Metadata(MetadataConfig(add=_additions(add)), context).apply(EVENT, SEEN)


def test_names_stand_together_and_paths_where_they_lead(context: PluginContext) -> None:
    found = applied(context, {"environment": "production", "payload.team": ["a"], "labels.x": 1})

    assert found.provenance == {
        "platform": "github",
        "metadata": {"environment": "production"},
    }
    assert found.payload == {"n": 1, "team": ["a"]}
    assert found.to_json()["labels"] == {"x": 1}


def test_auto_is_the_version_and_the_host(context: PluginContext) -> None:
    found = applied(
        context, {"orgloop_version": "auto", "hostname": "auto", "payload.version": "auto"}
    )

    assert found.provenance["metadata"] == {
        "orgloop_version": __version__,
        "hostname": socket.gethostname(),
    }
    assert found.payload == {"n": 1, "version": __version__}


def test_nothing_to_add_leaves_the_event(context: PluginContext) -> None:
    assert applied(context, {}) is EVENT


@pytest.mark.parametrize(
    "raw",
    [
        {"id": "x"},
        {"type": "message.received"},
        {"trace_id.x": 1},
        {"payload": 1},
        {"a..b": 1},
        {"": 1},
        {"team": "auto"},
        {"provenance.platform": 7},
        ["environment"],
    ],
)
def test_what_cannot_be_added_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidValue):
        _additions(raw)
