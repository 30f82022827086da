"""The demo: on its own, within seconds, leaving nothing."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_the_demo_shows_the_loop_close_and_leaves_nothing(
    orgloop: Run, home: Path, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()

    done = orgloop("demo", TMPDIR=str(temporary), TZ="UTC-14")

    assert done.returncode == 0
    assert done.stderr == ""
    for word in ("ticket-to-agent", "transform.drop", "actor.stopped", "orgloop start"):
        assert word in done.stdout
    assert list(temporary.iterdir()) == []
    assert not home.exists()
    hours = set(re.findall(r"^  (\d\d):\d\d:", done.stdout, re.MULTILINE))
    now = datetime.now(timezone(timedelta(hours=14)))
    assert hours <= {f"{one:%H}" for one in (now, now - timedelta(minutes=1))}


def test_the_demo_in_json_is_the_delivered_document(orgloop: Run) -> None:
    done = orgloop("demo", "--json")

    document = json.loads(done.stdout)
    assert document["event"]["type"] == "actor.stopped"
    assert document["event"]["source"] == "agent"
    assert document["event"]["payload"]["lifecycle"]["outcome"] == "success"
