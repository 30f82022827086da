import ast
import subprocess
import sys
from pathlib import Path

import pytest

import orgloop.sdk


@pytest.mark.parametrize("name", orgloop.sdk.__all__)
def test_every_name_that_authors_are_promised_is_there(name):
    found = getattr(orgloop.sdk, name)

    assert getattr(found, "__name__", name) == name
    assert name in dir(orgloop.sdk)


def test_type_checkers_are_told_of_the_same_names():
    tree = ast.parse(Path(orgloop.sdk.__file__).read_text("utf-8"))
    [for_type_checkers] = [node for node in tree.body if isinstance(node, ast.If)]
    told = {
        (node.module, name.asname)
        for node in ast.walk(for_type_checkers)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }

    assert told == {(home, name) for name, home in orgloop.sdk._HOME_OF.items()}


def test_other_names_are_not():
    with pytest.raises(ImportError):
        from orgloop.sdk import nothing_of_this_name  # noqa: F401 (the import is the test)


def test_the_package_alone_loads_nothing():
    code = "import sys, orgloop.sdk; print('twisted' in sys.modules, 'attrs' in sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout

    assert printed == "False False\n"
