"""The documentation is tried with the programs that its readers have."""

from __future__ import annotations

import os
import shutil

import pytest

PROGRAMS = ("bash", "curl", "openssl", "sed")
"""What the pages use, besides OrgLoop."""


@pytest.fixture(autouse=True)
def _programs() -> None:
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"the documentation's commands need {', '.join(missing)}")
    assert not missing
