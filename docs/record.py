"""Run what pages show, and write down what is printed where it differs.

    python docs/record.py docs/tutorial.md …

What is alike stays as it is: ``…`` and the ids, times and durations of an earlier run. Read what
has changed before it is committed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.sessions.recording import record


def main() -> None:
    """Record the pages that are named."""
    if not sys.argv[1:]:
        sys.exit(__doc__)
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as directory:
            count = record(Path(name), Path(directory))
        print(f"{name}: {count} outputs were written anew")


if __name__ == "__main__":
    main()
