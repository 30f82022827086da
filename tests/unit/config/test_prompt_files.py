"""A prompt is Markdown, less the YAML mapping it may begin with."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from orgloop.config.prompts import read_prompt
from orgloop.errors import OrgLoopError


@pytest.mark.parametrize(
    ("content", "meta", "text"),
    [
        ("Do it.\n", {}, "Do it.\n"),
        (
            "---\ntitle: T\ntags: [a, 1]\n---\n\nDo it.\n",
            {"title": "T", "tags": ["a", 1]},
            "Do it.\n",
        ),
        ("---\r\ntitle: T\r\n---\r\nDo it.\r\n", {"title": "T"}, "Do it.\n"),
        ("---\n---\nDo it.", {}, "Do it."),
        ("---\ntitle: T\n---", {"title": "T"}, ""),
        ("---\ntitle: '${HOME}'\n---\nx", {"title": "${HOME}"}, "x"),
        ("\n---\na: b\n---\n", {}, "\n---\na: b\n---\n"),
        ("---\nno front matter\n---\nx", {}, "---\nno front matter\n---\nx"),
        ("---\na: [\n---\nx", {}, "---\na: [\n---\nx"),
        ("---\na: b\nnever ends", {}, "---\na: b\nnever ends"),
        ("--- not a rule\n", {}, "--- not a rule\n"),
        ("\ufeff---\na: 1\n---\nx", {"a": 1}, "x"),
        ("", {}, ""),
    ],
)
def test_front_matter_is_split_off(
    tmp_path: Path, content: str, meta: dict[str, object], text: str
) -> None:
    file = tmp_path / "p.md"
    file.write_bytes(content.encode())
    prompt = read_prompt("p.md", file)
    assert (prompt.meta, prompt.text) == (meta, text)
    assert (prompt.file, prompt.digest) == ("p.md", sha256(content.encode()).hexdigest())


def test_a_prompt_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_prompt("p.md", tmp_path / "p.md")


def test_a_prompt_that_is_not_utf8_says_so(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_bytes(b"\xff")
    with pytest.raises(OrgLoopError, match="is not UTF-8"):
        read_prompt("p.md", tmp_path / "p.md")
