"""Whatever stands in a project's files, loading ends with a project or with its problems."""

from __future__ import annotations

import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orgloop.config.problems import ProjectInvalid
from support.projects import HEAD, ROUTE, SMALL, Project

_WORDS = [
    "sources", "actors", "routes", "transforms", "loggers", "connectors", "id", "name",
    "config", "when", "then", "with", "actor", "source", "hook", "agent", "webhook", "github",
    "${A}", "connector",
    "delivery", "retry", "poll", "interval", "5m", "repo", "token", "url", "filter", "events",
    "ref", "script", "type", "package", "dedup", "http", "port", "defaults", "metadata", "kind",
]  # fmt: skip
_scalars = (
    st.sampled_from(_WORDS) | st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4)
)
_trees = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=5)
    ),
    max_leaves=25,
)


def load(content: bytes) -> None:
    with TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "orgloop.yaml").write_bytes(content)
        with contextlib.suppress(ProjectInvalid):
            Project(directory, directory / "home").load()


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_reported(content: bytes) -> None:
    load(content)
    load(HEAD.encode() + content)


@given(st.dictionaries(st.sampled_from(_WORDS), _trees, max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_document_is_read_or_reported(document: dict[str, Any]) -> None:
    import orjson

    load(orjson.dumps({"apiVersion": "orgloop/v1alpha1", "kind": "Project", **document}))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_project_with_a_few_bytes_changed_is_read_or_reported(data: st.DataObject) -> None:
    content = bytearray((HEAD + SMALL + ROUTE).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(content) - 1))
        content[position : position + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=3)
            | st.sampled_from([b": ", b"- ", b"\n", b"[", b"{", b"&a ", b"*a "])
        )
    load(bytes(content))
