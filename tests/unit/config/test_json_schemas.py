"""The shipped JSON Schemas say what the loader says."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from orgloop.config.documents import KINDS
from orgloop.config.schema import DIRECTORY, options_schema, schema, written
from support.projects import HEAD, ROUTE, SMALL, DedupOptions

GROUP = "apiVersion: orgloop/v1alpha1\nkind: {0}\n"
FULL_ROUTE = """\
routes:
  - name: one
    description: words
    when:
      source: github
      events: [resource.changed]
      filter: {provenance.platform_event: x, payload.draft: false, payload.n: [1, null]}
    transforms: [{ref: dedup, config: {window: 10m}, on_error: halt}]
    then:
      actor: agent
      config: {session_key: "{{payload.n}}"}
      delivery: {retry: {max_attempts: 5}, debounce: 30s, max_rate: 100/s, timeout: "${T}"}
    with: {prompt_file: ../sops/a.md}
"""
VALID = [
    ("Project", HEAD),
    ("Project", HEAD + SMALL + ROUTE),
    ("Project", HEAD + "connectors: [a.yaml]\nroutes:\nhttp: {port: 0, max_body: 1MB}\n"),
    ("Project", HEAD + "defaults: {poll_interval: 5m, log_level: warn, checkpoint: x}\n"),
    ("Project", HEAD + "supervisor: {max_restarts: 1, window: 1m}\nx-anything: [1]\n"),
    ("ConnectorGroup", GROUP.format("ConnectorGroup") + SMALL),
    ("RouteGroup", GROUP.format("RouteGroup") + FULL_ROUTE),
    (
        "TransformGroup",
        GROUP.format("TransformGroup") + "transforms: [{name: a, script: ./a.sh}]\n",
    ),
    ("LoggerGroup", GROUP.format("LoggerGroup") + "loggers: [{name: a, type: file, config: }]\n"),
]
INVALID = [
    ("Project", "kind: Project\nmetadata: {name: x}\n"),
    ("Project", HEAD.replace("name:", "nam:")),
    ("Project", HEAD + "route: []\n"),
    ("Project", HEAD + "http: {port: many}\n"),
    ("Project", HEAD + "http: {port: 70000}\n"),
    ("Project", HEAD + "defaults: {log_level: loud}\n"),
    ("ConnectorGroup", GROUP.format("ConnectorGroup") + "sources: [{id: a}]\n"),
    ("ConnectorGroup", GROUP.format("RouteGroup")),
    ("RouteGroup", GROUP.format("RouteGroup") + FULL_ROUTE.replace("30s", "soon")),
    ("RouteGroup", GROUP.format("RouteGroup") + FULL_ROUTE.replace("resource.ch", "resource.dh")),
    ("RouteGroup", GROUP.format("RouteGroup") + FULL_ROUTE.replace("max_attempts: 5", "max: 5")),
    ("LoggerGroup", GROUP.format("LoggerGroup") + "loggers: [{name: a}]\n"),
]


def errors(kind: str | None, document: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema(kind)).iter_errors(document)]


@pytest.mark.parametrize("kind", [*KINDS, None])
def test_a_shipped_schema_is_fresh_and_a_schema(kind: str | None) -> None:
    """Write them anew with ``python -m orgloop.config.schema``."""
    assert (DIRECTORY / f"{kind or 'any'}.json").read_bytes() == written(kind)
    Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize(("kind", "text"), VALID)
def test_valid_files_pass(kind: str, text: str) -> None:
    document = yaml.safe_load(text)
    assert errors(kind, document) == []
    assert errors(None, document) == []


@pytest.mark.parametrize(("kind", "text"), INVALID)
def test_invalid_files_do_not_pass(kind: str, text: str) -> None:
    document = yaml.safe_load(text)
    assert errors(kind, document)
    assert errors(None, document) or document["kind"] != kind


def test_a_plugins_options_have_a_schema_too() -> None:
    validator = Draft202012Validator(options_schema(DedupOptions))
    assert validator.is_valid({"key": ["a"], "window": "5m"})
    assert validator.is_valid({"fields": ["a"]})
    assert not validator.is_valid({"window": "5m"})
    assert not validator.is_valid({"key": ["a"], "window": 5})
