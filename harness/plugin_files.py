"""One-file plugins, named on the command line by `--plugin mine.py`: for a method that is not worth a package.

Such a file is a plugin like any other, and its module is its stem, so that a spec's target reads `mine:Mine`. The
files travel in `HARNESS_PLUGIN_FILES` (paths, separated as in `PATH`), so that processes started here have them too.
Unlike an installed plugin, which is set aside when it is broken, a file that the user named must work.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from harness.errors import HarnessError

__all__ = ["VARIABLE", "load_plugin_file", "plugin_files", "use_plugin_file"]

VARIABLE = "HARNESS_PLUGIN_FILES"


def plugin_files() -> list[Path]:
    """The files named so far, in the order they were named."""
    return [Path(name) for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]


def use_plugin_file(path: Path) -> None:
    """Name one more file, for this process and those it starts. Naming one twice is naming it once.

    Raises:
        HarnessError: its whole path holds what separates paths in `HARNESS_PLUGIN_FILES`.
    """
    known = plugin_files()
    whole = path.resolve()
    if os.pathsep in str(whole):
        raise HarnessError(f"--plugin {whole}: its path holds '{os.pathsep}', which separates paths: move or rename it")
    if whole not in known:
        os.environ[VARIABLE] = os.pathsep.join(map(str, [*known, whole]))


def load_plugin_file(path: Path) -> ModuleType:
    """Import a file under its stem, where `importlib.import_module` and `find_spec` find it from then on.

    Raises:
        HarnessError: no such file, a folder, a stem that is no Python name, or one that another module has.
    """
    if path.is_dir():
        raise HarnessError("is a folder; name a .py file")
    if not path.is_file():
        raise HarnessError("no such file")
    name = path.stem
    if path.suffix != ".py" or not name.isidentifier():
        raise HarnessError("its name must be a Python name and .py, as in my_method.py")
    loaded = sys.modules.get(name)
    if loaded is not None and _is(path, getattr(loaded, "__file__", None)):
        return loaded
    other = find_spec(name)
    if other is not None and not _is(path, other.origin):  # the folder it lies in may be on sys.path
        raise HarnessError(f"'{name}' is the name of another module ({other.origin}): rename the file")
    spec = spec_from_file_location(name, path)
    assert spec is not None, "a path that ends in .py has a loader"
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _is(path: Path, origin: str | None) -> bool:
    return origin is not None and Path(origin).resolve() == path.resolve()
