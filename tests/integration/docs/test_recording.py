"""What ``docs/record.py`` writes into a page is what the page is compared with."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.sessions import recording
from support.sessions.session import differences

PAGE = """\
A page.

<!-- file: note.txt -->
```text
evt_0a came
```

```console
$ cat note.txt
evt_1b came
$ echo new; echo and true
old
$ cat note.txt
…
```

The end.
"""


def test_a_page_is_put_right_where_it_is_wrong_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "SETTLING_SECONDS", 0.0)
    page = tmp_path / "page.md"
    page.write_text(PAGE, "utf-8")

    count = recording.record(page, tmp_path / "first")

    assert count == 1
    assert page.read_text("utf-8") == PAGE.replace("\nold\n", "\nnew\nand true\n")
    assert differences(page, tmp_path / "second") == []
