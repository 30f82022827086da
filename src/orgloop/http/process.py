"""Say what this process takes of the machine, under the names that Prometheus has for it.

https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
"""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_MEMORY = Path("/proc/self/statm")
_FILES = Path("/proc/self/fd")


def process_figures() -> Mapping[str, float]:
    """Return what the system tells, by name of the metric; not every system tells all."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = {"process_cpu_seconds_total": used.ru_utime + used.ru_stime}
    if most_files != resource.RLIM_INFINITY:
        found["process_max_fds"] = most_files
    with suppress(OSError):
        pages = int(_MEMORY.read_text("ascii").split()[1])
        found["process_resident_memory_bytes"] = pages * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError):
        found["process_open_fds"] = len(os.listdir(_FILES)) - 1  # without the one that lists them
    return found
