"""Every source that comes with OrgLoop has events to show, made by its own normaliser."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from orgloop.connectors.github.events import KINDS as GITHUB_KINDS
from orgloop.connectors.linear.events import KINDS as LINEAR_KINDS
from orgloop.event import EventDraft, content_problems
from orgloop.plugin import PluginContext, Registration
from orgloop.plugins.builtins import BUILTINS
from orgloop.testing.lifecycle import assert_lifecycle
from support.world import done


def _registrations() -> dict[str, Registration]:
    found = {
        name: import_module(module).registration for name, module in BUILTINS["connector"].items()
    }
    return {name: one for name, one in found.items() if one.source is not None}


SOURCES = _registrations()


def _samples(name: str, config: Any = None) -> list[EventDraft]:
    context = PluginContext(
        project="org",
        id="here",
        directory=Path("/org"),
        project_directory=Path("/org"),
        home=Path("/home"),
        environ={},
        clock=Clock(),
        now_ms=lambda: 1_768_471_200_000,
        processes=None,
        http=None,
        run_in_thread=None,
    )
    make = SOURCES[name].samples
    assert make is not None, f"{name} has no samples"
    return list(done(make(config, context)))


def _kinds(name: str) -> list[str]:
    return [str(one.provenance["platform_event"]) for one in _samples(name)]


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_has_samples_that_are_events_of_different_kinds(name: str) -> None:
    drafts = _samples(name)

    assert drafts
    for draft in drafts:
        document = {
            "type": draft.type,
            "provenance": draft.provenance,
            "payload": draft.payload,
            "timestamp": draft.timestamp,
        }
        assert content_problems(document) == []
        if draft.payload and "lifecycle" in draft.payload:
            assert_lifecycle(draft)
    assert len(set(_kinds(name))) == len(drafts)


@pytest.mark.parametrize("name", ["github", "github-webhook"])
def test_there_is_a_sample_of_each_kind_of_githubs(name: str) -> None:
    assert sorted(_kinds(name)) == sorted(GITHUB_KINDS)


@pytest.mark.parametrize("name", ["linear", "linear-webhook"])
def test_there_is_a_sample_of_each_kind_of_linears(name: str) -> None:
    assert sorted(_kinds(name)) == sorted(LINEAR_KINDS)
