"""What is said again and again is counted, and every count is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from orgloop.daemon.log.folding import Folding
from orgloop.daemon.log.logrecord import LogRecord


def said(
    text: str, *, level: str = "warn", logger: str = "poller", is_answer: bool = False
) -> LogRecord:
    return LogRecord(0.0, level, logger, text, is_answer=is_answer)


def told(records: list[LogRecord]) -> list[tuple[str, int]]:
    return [(record.message, record.repeated) for record in records]


def test_the_first_is_written_at_once_and_the_next_are_counted() -> None:
    folding = Folding(Clock().seconds)

    written = [folding.take(said("refused")) for _ in range(5)]

    assert [told(records) for records in written] == [[("refused", 1)], [], [], [], []]


def test_the_count_is_told_once_a_minute_and_then_no_more() -> None:
    clock = Clock()
    folding = Folding(clock.seconds)
    for _ in range(5):
        folding.take(said("refused"))
    waits = folding.seconds_to_next()

    clock.advance(60)
    first = folding.due()
    folding.take(said("refused"))
    folding.take(said("refused"))
    clock.advance(60)
    second = folding.due()
    clock.advance(60)

    assert waits == 60
    assert told(first) == [("refused", 4)]
    assert told(second) == [("refused", 2)]
    assert folding.due() == []
    assert folding.seconds_to_next() is None


def test_after_a_quiet_minute_it_is_new_again() -> None:
    clock = Clock()
    folding = Folding(clock.seconds)
    folding.take(said("refused"))

    clock.advance(61)

    assert told(folding.take(said("refused"))) == [("refused", 1)]


def test_what_was_counted_stands_before_what_the_same_logger_says_next() -> None:
    folding = Folding(Clock().seconds)
    for _ in range(3):
        folding.take(said("refused"))

    written = folding.take(said("works again", level="info"))

    assert told(written) == [("refused", 2), ("works again", 1)]


def test_another_logger_interrupts_nothing() -> None:
    folding = Folding(Clock().seconds)
    for _ in range(3):
        folding.take(said("refused"))

    assert told(folding.take(said("hello", logger="lane"))) == [("hello", 1)]


def test_lines_that_take_turns_are_folded_each() -> None:
    folding = Folding(Clock().seconds)

    written = [
        told(folding.take(said(text))) for _ in range(10) for text in ("one is away", "two is away")
    ]

    assert [lines for lines in written if lines] == [[("one is away", 1)], [("two is away", 1)]]
    assert told(folding.rest()) == [("one is away", 9), ("two is away", 9)]


def test_a_single_repetition_is_written_as_it_was_said() -> None:
    folding = Folding(Clock().seconds)
    folding.take(said("refused"))
    again = LogRecord(7.0, "warn", "poller", "refused", traceback="where")
    folding.take(again)

    assert folding.rest() == [again]


def test_critical_lines_and_answers_are_never_held_back() -> None:
    folding = Folding(Clock().seconds)

    for record in (said("broken", level="critical"), said("heard", is_answer=True)):
        assert folding.take(record) == [record]
        assert folding.take(record) == [record]


def test_a_flood_of_different_lines_is_not_remembered_without_end() -> None:
    folding = Folding(Clock().seconds)
    folding.take(said("refused"))
    folding.take(said("refused"))
    written = [folding.take(said(f"{number}", logger="other")) for number in range(1_000)]

    assert sum(told(records).count(("refused", 1)) for records in written) == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from(["poller", "lane"]),
            st.sampled_from(["info", "error", "critical"]),
            st.integers(0, 70),
        )
    )
)
def test_no_line_is_lost_from_the_count(lines: list[tuple[str, str, str, int]]) -> None:
    clock = Clock()
    folding = Folding(clock.seconds)
    written: list[LogRecord] = []
    for text, logger, level, pause in lines:
        clock.advance(pause)
        written += folding.take(said(text, logger=logger, level=level))
    written += folding.rest()

    for kind in {line[:3] for line in lines}:
        count = sum(one.repeated for one in written if (one.message, one.logger, one.level) == kind)
        assert count == sum(line[:3] == kind for line in lines)
