"""The application log and a file logger of the same path are one writer."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from support.process import RuntimeProcess

LOGGED = """\
sources: [{id: hook, connector: webhook}]
loggers:
  - name: file-log
    type: "@orgloop/logger-file"
    config: {path: ~/.orgloop/logs/orgloop.log, rotation: {max_size: 2KB, compress: false}}
"""


def test_the_usual_file_logger_shares_the_application_log(
    runtime: RuntimeProcess, project: Path, home: Path
) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(LOGGED)
    runtime.start()
    for number in range(20):
        runtime.request("POST", "/webhook/hook", b'{"n": %d}' % number)
    logs = home / "logs"
    opened = [os.path.realpath(one) for one in Path(f"/proc/{runtime.pid}/fd").iterdir()]
    runtime.kill(signal.SIGTERM)

    lines = [json.loads(line) for file in logs.iterdir() for line in file.read_bytes().splitlines()]

    assert opened.count(str(logs / "orgloop.log")) <= 1
    assert len(list(logs.iterdir())) > 2
    assert sum(line.get("phase") == "source.emit" for line in lines) == 20
    assert sum("5 listener" in line.get("message", "") for line in lines) == 1
