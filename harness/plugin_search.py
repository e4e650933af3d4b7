"""Which plugins are installed: entry points of the group `harness`, as `importlib.metadata` finds them.

Importing `importlib.metadata` (it brings e-mail, sockets and zip files) takes a tenth of a start, and with 200 plugins
its answer takes as long as half of one. So the files that it would read are read here; it is asked only where a
distribution may lie anywhere else than beside the modules on `sys.path`, and for what a distribution says of itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import PathFinder
from io import FileIO
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

__all__ = ["Installed", "installed_plugins"]

GROUP = "harness"
_SECTION = f"[{GROUP}]".encode()


class Installed(NamedTuple):
    """An entry point: a plugin's name, its module, and what reads the metadata of the distribution that brings it."""

    name: str
    module: str
    distribution: Callable[[], Distribution]


def installed_plugins() -> list[Installed]:
    """Entry points of the group `harness` by name; of two distributions of one name, the first on `sys.path` counts."""
    if [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")] == [PathFinder]:
        try:
            return sorted(_on_the_path(), key=lambda found: found.name)
        except NotADirectoryError:  # a zip file
            pass
    return _by_metadata()


def _on_the_path() -> Iterator[Installed]:
    """Those of distributions beside the modules. Raises `NotADirectoryError` for a path that is a file or an egg."""
    seen = set[str]()
    for folder in dict.fromkeys(path or "." for path in sys.path if isinstance(path, str)):
        if folder.endswith(".egg"):
            raise NotADirectoryError(folder)
        try:
            inside = os.listdir(folder)
        except NotADirectoryError:
            raise
        except OSError:  # not there, as the zip file that Python's own library might be in
            continue
        for entry in inside:
            if not entry.lower().endswith((".dist-info", ".egg-info")):
                continue
            name = _normalised(entry.rpartition(".")[0].partition("-")[0])
            if name not in seen:
                seen.add(name)
                yield from _points(f"{folder}/{entry}")


def _normalised(name: str) -> str:
    """As names of distributions are compared: `Zope.Interface` is `zope_interface`."""
    return "_".join(filter(None, name.lower().replace("-", "_").replace(".", "_").split("_")))


def _points(info: str) -> Iterator[Installed]:
    try:
        with FileIO(f"{info}/entry_points.txt") as stream:
            text = stream.readall()
    except OSError:  # most distributions have none
        return
    if _SECTION not in text:
        return

    def distribution() -> Distribution:
        from importlib.metadata import Distribution

        return Distribution.at(info)

    section = ""
    for line in map(str.strip, text.decode().splitlines()):
        if line.startswith("["):
            section = line.strip("[]")
        elif section == GROUP and line and not line.startswith("#"):
            name, _, module = line.partition("=")
            yield Installed(name.strip(), module.strip(), distribution)


def _by_metadata() -> list[Installed]:
    from importlib.metadata import entry_points

    def installed(point: EntryPoint) -> Installed:
        return Installed(point.name, point.value, lambda: cast("Distribution", point.dist))

    return [installed(point) for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)]
