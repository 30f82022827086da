"""``python -m orgloop.daemon``: `twistd` with the services that one process starts in another."""

from __future__ import annotations

import sys

from orgloop.daemon.run import run_launched

if __name__ == "__main__":
    run_launched(sys.argv[1:])
