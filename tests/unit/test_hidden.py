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
