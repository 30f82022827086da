"""Expressions mean what they mean in JavaScript, and none can hang the runtime."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from orgloop.errors import InvalidValue
from orgloop.sdk.patterns import Allowance, PatternTimeout, compile_pattern, read_pattern


@pytest.mark.parametrize(
    ("body", "flags", "text"),
    [
        ("^a$", "", "a"),
        ("A", "i", "xay"),
        ("É", "i", "é"),
        ("^b$", "m", "a\nb\nc"),
        ("a.b", "s", "a\nb"),
        ("b", "g", "abb"),
        ("a", "y", "ab"),
        (r"\u0041\/\cA", "", "A/\x01"),
        (r"\u{1F600}", "u", "😀"),
        ("[^]", "", "\n"),
        ("[x[]", "", "["),
        (r"^[\d\/]+$", "", "1/2"),
        (r"(\w)\1", "", "book"),
        (r"(?<letter>o)\k<letter>", "", "book"),
        ("(?<=#)[0-9]+", "", "#42"),
        ("^(?!wip).*$", "i", "done"),
        ("(?=.)^b", "ms", "a\nb"),
    ],
)
def test_an_expression_finds(body: str, flags: str, text: str) -> None:
    assert compile_pattern(body, flags).test(text)


@pytest.mark.parametrize(
    ("body", "flags", "text"),
    [
        ("^a$", "", "a\n"),
        ("(?=a)a$", "", "a\n"),
        ("A", "", "a"),
        ("^b$", "", "a\nb"),
        ("a.b", "", "a\nb"),
        ("b", "y", "ab"),
        ("(?=b)b", "y", "ab"),
        (r"\d", "", "٣"),
        (r"(?=\d)\d", "", "٣"),
        ("[]", "", "anything"),
        ("^(?!wip)", "i", "WIP: x"),
    ],
)
def test_an_expression_does_not_find(body: str, flags: str, text: str) -> None:
    assert not compile_pattern(body, flags).test(text)


@pytest.mark.parametrize("body", ["(", "[a", "*", r"(?<=a", "a{2,1}"])
def test_what_is_no_expression_is_refused_with_advice(body: str) -> None:
    with pytest.raises(InvalidValue, match=r"is not a regular expression.*backslash"):
        compile_pattern(body)


def test_a_linear_expression_is_quick_where_backtracking_would_never_end() -> None:
    assert not compile_pattern("^(a+)+$").test("a" * 5_000 + "b")


def test_an_expression_that_can_only_backtrack_is_cut_off() -> None:
    pattern = compile_pattern(r"^(?=(?:a|a?b?c?a?)+$)(\w|\w\w)+!\1$")

    with pytest.raises(PatternTimeout, match="took longer than 100 ms"):
        pattern.test("a" * 5_000 + "!")


def test_what_takes_long_in_linear_time_too_is_cut_off() -> None:
    pattern = compile_pattern("(?:[a-t]{0,30}[a-q]){20}x")

    assert not pattern.test("ab" * 100)
    with pytest.raises(PatternTimeout, match="took longer than 100 ms"):
        pattern.test("abcdefghijklmnopqrst" * 5_000 + "ux")


def test_an_ordinary_expression_is_tested_on_the_longest_of_texts() -> None:
    assert compile_pattern(r"foo.*bar|\bfix\b", "i").test("foo " * 60_000 + "FIX")


def test_expressions_share_the_time_they_may_take_over_an_event() -> None:
    clock = Clock()
    allowance = Allowance(clock)
    pattern = compile_pattern("^a")
    allowance.begin()

    clock.advance(0.09)
    assert allowance.test(pattern, "a")
    clock.advance(0.02)
    with pytest.raises(PatternTimeout, match=r"100 ms together.*/\^a/"):
        allowance.test(pattern, "a")
    allowance.begin()
    assert allowance.test(pattern, "a")


@pytest.mark.parametrize("text", ["alice", "/usr/bin", "/", "//", "/a/gg", "/a/x", "a/b/"])
def test_what_is_not_written_as_an_expression_is_none(text: str) -> None:
    assert read_pattern(text) is None


def test_a_slash_inside_needs_a_backslash_only_where_that_is_asked_for() -> None:
    assert read_pattern("/a/b/") is not None
    assert read_pattern("/a/b/", strict=True) is None
    assert read_pattern(r"/a\/[/]b/", strict=True) is not None


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_an_expression_or_is_refused(body: str, text: str) -> None:
    try:
        pattern = compile_pattern(body)
    except InvalidValue:
        return
    try:
        pattern.test(text)
    except PatternTimeout:
        return
