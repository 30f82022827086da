"""A file is named in a list of ``orgloop.yaml``, and nothing else of it changes."""

from __future__ import annotations

import pytest

from orgloop.cli.adding.listing import CannotList, with_listed

HEAD = "# The house.\nkind: Project # yes\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "connectors:\n  - x.yaml\n"),
        ("connectors:\n", "connectors: [x.yaml]\n"),
        ("connectors: # none yet\n", None),
        ("connectors: []\n", "connectors: [x.yaml]\n"),
        ("connectors: [a.yaml] # all\n", "connectors: [a.yaml, x.yaml] # all\n"),
        ("connectors: [a.yaml, ]\n", "connectors: [a.yaml, x.yaml]\n"),
        ("connectors: [\n  a.yaml,\n]\n", "connectors: [\n  a.yaml, x.yaml]\n"),
        (
            "connectors:\n  - a.yaml # one\n\n# more\nhttp: {port: 1}\n",
            "connectors:\n  - a.yaml # one\n  - x.yaml\n\n# more\nhttp: {port: 1}\n",
        ),
        ("connectors:\n- a.yaml", "connectors:\n- a.yaml\n- x.yaml\n"),
        (
            "connectors:\n  - sources:\n      - id: a\n  # end\nx-a: 1\n",
            "connectors:\n  - sources:\n      - id: a\n  - x.yaml\n  # end\nx-a: 1\n",
        ),
    ],
)
def test_a_file_is_listed(before: str, after: str | None) -> None:
    if after is None:
        assert "x.yaml" in with_listed(HEAD + before, "connectors", "x.yaml")
    else:
        assert with_listed(HEAD + before, "connectors", "x.yaml") == HEAD + after


@pytest.mark.parametrize(
    "written",
    [
        "connectors: a.yaml\n",
        "x: &l [a.yaml]\nconnectors: *l\n",
        "connectors:\n  - |\n    a\n   \n",
    ],
)
def test_what_is_written_in_another_way_is_left_alone(written: str) -> None:
    try:
        changed = with_listed(written, "connectors", "x.yaml")
    except CannotList:
        return
    assert changed.count("x.yaml") == 1
