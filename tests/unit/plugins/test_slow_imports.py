"""Whoever waits for a plugin that is imported is told which, and where it is."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from textwrap import dedent

from orgloop.plugins.projectfiles import load_file
from orgloop.plugins.slowness import told_if_slow


def test_a_plugin_that_blocks_while_it_is_imported_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "slow.py"
    file.write_text(
        dedent("""\
            import sys
            from orgloop.sdk import Registration
            sys.waiting_for_this_test.wait()
            registration = Registration(id="slow")
        """)
    )
    may_go_on, said = threading.Event(), list[str]()

    def tell(text: str) -> None:
        said.append(text)
        may_go_on.set()

    sys.waiting_for_this_test = may_go_on  # type: ignore[attr-defined]
    with told_if_slow("slow.py", tell, after_seconds=0.01):
        found = load_file(file)

    del sys.waiting_for_this_test  # type: ignore[attr-defined]
    assert found.id == "slow"
    assert said == [
        f"slow.py is still being imported, and is at {file}, line 3; Ctrl+C ends the wait"
    ]


def test_nothing_is_said_of_one_that_takes_no_time() -> None:
    said: list[str] = []
    before = threading.active_count()

    with told_if_slow("quick.py", said.append):
        pass

    assert said == []
    assert threading.active_count() == before
