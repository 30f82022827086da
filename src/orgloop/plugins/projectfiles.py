"""Load a plugin that is a Python file of the project."""

from __future__ import annotations

import sys
import traceback
from hashlib import blake2b
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from orgloop.errors import PluginError, UnknownPlugin
from orgloop.plugin import Registration
from orgloop.wording import described


def load_file(path: Path) -> Registration:
    """Run a Python file and return its ``registration``.

    Raises `PluginError` that names the file, and the line where it failed. The file is run once per
    process: what it defines must not change under components that use it.
    """
    if not path.is_file():
        raise UnknownPlugin(f"there is no file {path}. Write it, or correct the path.")
    name = _module_name(path)
    module = sys.modules.get(name) or _run(name, path)
    found = getattr(module, "registration", None)
    if isinstance(found, Registration):
        return found
    raise PluginError(
        f"{path} defines no plugin. Let it say `registration = Registration(id=…, …)`, with "
        "Registration from orgloop.sdk."
    )


def _module_name(path: Path) -> str:
    digest = blake2b(str(path.resolve()).encode("utf-8", "surrogateescape"), digest_size=8)
    return f"orgloop_project_file_{digest.hexdigest()}_{path.stem}"


def _run(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UnknownPlugin(f"{path} is not a Python file. Name a file that ends in .py.")
    module = module_from_spec(spec)
    sys.modules[name] = module  # classes look up their module while they are made
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise  # the person's
    except BaseException as error:  # a stranger's module may fail in any way
        del sys.modules[name]
        reason = described(error).splitlines()[0]
        raise PluginError(
            f"{path}{_line_of(error, path)} cannot be loaded: {reason}. Correct the file, or "
            "install what it needs."
        ) from error
    return module


def _line_of(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return f", line {error.lineno},"
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    return f", line {lines[-1]}," if lines else ""
