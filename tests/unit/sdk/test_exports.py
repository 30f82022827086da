import subprocess
import sys

import pytest

import orgloop.sdk


@pytest.mark.parametrize("name", orgloop.sdk.__all__)
def test_every_name_that_authors_are_promised_is_there(name):
    assert getattr(orgloop.sdk, name).__name__ == name
    assert name in dir(orgloop.sdk)


def test_other_names_are_not():
    with pytest.raises(ImportError):
        from orgloop.sdk import nothing_of_this_name  # noqa: F401 (the import is the test)


def test_the_package_alone_loads_nothing():
    code = "import sys, orgloop.sdk; print('twisted' in sys.modules, 'attrs' in sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout

    assert printed == "False False\n"
