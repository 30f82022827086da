import pytest

from orgloop.sdk.telling import context_of, kind_of, one_line, title_of
from orgloop.testing.events import make_dispatch, make_event


@pytest.mark.parametrize("named", [None, 7, "", " ", "unknown"])
def test_what_the_platform_does_not_name_goes_by_its_type(named):
    assert kind_of(make_event(provenance={"platform_event": named})) == "resource.changed"
    assert kind_of(make_event(provenance={"platform_event": "issues.opened"})) == "issues.opened"


def test_a_title_is_one_line_and_the_first_there_is():
    assert title_of(make_event(payload={"text": "b", "pr_title": " a\n b "})) == "a b"
    assert title_of(make_event(payload={"title": 7, "summary": ""})) == ""
    assert len(title_of(make_event(payload={"title": "x" * 1000}))) == 301


def test_provenance_cannot_take_the_place_of_what_an_event_is():
    event = make_event(
        source="github", provenance={"source": "forged", "author": "a\nb", "x": None}
    )

    told = dict(context_of(event, make_dispatch(event)))

    assert told["source"] == "github"
    assert told["author"] == "a b"
    assert "x" not in told


def test_one_line_is_bounded():
    assert one_line("a\r\nb\u2028c\tc") == "a b c c"
    assert one_line("abc", 2) == "ab…"
