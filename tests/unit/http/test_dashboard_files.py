"""What the files of the dashboard must be, whatever they show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import orgloop.http
from orgloop.delivery import DEAD_LETTERS, DeliveryState
from orgloop.logentry import PHASES

FILES = sorted((Path(orgloop.http.__file__).parent / "ui").iterdir())
SCRIPTS = [file for file in FILES if file.suffix == ".js"]
MOST_BYTES = 150_000
# What would read a text from outside as HTML, or runs it; and what the page's policy refuses.
DANGEROUS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function"
    r"|setAttribute\(\s*[\"']style|\sstyle=|\son\w+=[\"']|javascript:"
)


def test_all_of_it_together_is_small() -> None:
    assert sum(file.stat().st_size for file in FILES) < MOST_BYTES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_text_is_ever_read_as_markup(file: Path) -> None:
    assert DANGEROUS.findall(file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_is_loaded_from_elsewhere(file: Path) -> None:
    addresses = set(re.findall(r"""["'(](?:https?:)?//[^"')]*""", file.read_text("utf-8")))

    assert addresses <= {'"http://www.w3.org/2000/svg'}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
def test_every_import_names_what_there_is(script: Path) -> None:
    for names, file in re.findall(
        r'import \{([^}]*)\} from "\./([^"]+)"', script.read_text("utf-8")
    ):
        text = (script.parent / file).read_text("utf-8")
        for name in (one.strip() for one in names.split(",") if one.strip()):
            assert re.search(rf"export (?:async )?(?:function|class|const) {name}\b", text), name


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
def test_every_import_is_used(script: Path) -> None:
    text = script.read_text("utf-8")
    rest = re.sub(r"^import .*$", "", text, flags=re.MULTILINE)

    for names in re.findall(r"import \{([^}]*)\}", text):
        for name in (one.strip() for one in names.split(",") if one.strip()):
            assert re.search(rf"\b{name}\b", rest), name


@pytest.mark.parametrize(
    ("file", "name", "known"),
    [
        ("logs.js", "PHASES", PHASES),
        ("events.js", "STATES", set(DeliveryState)),
        ("events.js", "UNDER_WAY", set(DeliveryState)),
        ("actions.js", "DEAD", DEAD_LETTERS),
    ],
)
def test_it_says_the_same_words_as_the_runtime(file: str, name: str, known: set[str]) -> None:
    text = next(script for script in SCRIPTS if script.name == file).read_text("utf-8")
    [value] = re.findall(rf"const {name} =\s([^;]*);", text)

    assert set(re.findall(r"\b[a-z]+(?:[._][a-z_]+)*", value)) - {"new", "split"} <= known


def test_the_page_names_files_that_there_are() -> None:
    [index] = [file for file in FILES if file.name == "index.html"]
    named = set(re.findall(r'"/ui/([^"]+)"', index.read_text("utf-8")))

    assert named <= {file.name for file in FILES}
