"""Messages lose the values that must not be shown."""

from __future__ import annotations

from orgloop.hidden import Hidden


def test_a_value_reads_as_stars_wherever_it_stands() -> None:
    hidden = Hidden(["swordfish", "http://x/swordfish?y"])

    assert hidden.conceal("GET http://x/swordfish?y: swordfish!") == "GET ***: ***!"


def test_short_values_are_left_alone() -> None:
    assert Hidden(["", "a", "9", "pwd"]).conceal("a 9 pwd") == "a 9 pwd"


def test_its_representation_holds_no_value() -> None:
    assert "swordfish" not in repr(Hidden(["swordfish"]))


def test_the_beginning_of_a_long_text_holds_no_part_of_a_value() -> None:
    hidden = Hidden(["swordfish" * 20])

    for before in range(40, 120):
        shown = hidden.beginning("a" * before + "swordfish" * 200, 100)

        assert shown.endswith("…")
        assert len(shown) <= 100
        assert "s" not in shown


def test_a_value_longer_than_what_is_looked_at_leaves_nothing_of_itself() -> None:
    for number in range(90, 130):
        shown = Hidden(["s" * number, "t" * 60]).beginning("t" * 60 + "s" * 1000, 20)

        assert "s" not in shown.replace("…", "")
