"""``python -m orgloop.daemon``: `twistd` with the services that one process starts in another."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    if "--channel-fd" in sys.argv:
        # A terminal's Ctrl+C is for the supervisor alone, also while the rest is being imported.
        os.setsid()

    from orgloop.daemon.run import run_launched

    run_launched(sys.argv[1:])
