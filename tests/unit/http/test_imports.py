"""What a webhook right after a restart does not wait for."""

from __future__ import annotations

import subprocess
import sys


def test_the_site_is_built_without_klein_and_the_rest_of_the_late_comers() -> None:
    script = (
        "import sys, orgloop.http.site, orgloop.http.listen\n"
        "late = {'klein', 'werkzeug', 'prometheus_client', 'treq'}\n"
        "assert not late & set(sys.modules), late & set(sys.modules)\n"
        "assert 'twisted.internet.reactor' not in sys.modules\n"
    )

    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert finished.returncode == 0, finished.stderr
