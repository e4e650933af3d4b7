"""Entry points read by us are those that `importlib.metadata` reads, wherever a distribution lies."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from harness.plugin_search import installed_plugins

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the metadata of a distribution into a folder, which comes last on `sys.path`."""

    def written(place: str, info: str, points: str, name: str = "made-up", version: str = "1.0") -> Path:
        folder = tmp_path / place
        (folder / info).mkdir(parents=True)
        (folder / info / "METADATA").write_text(METADATA.format(name=name, version=version))
        (folder / info / "entry_points.txt").write_text(points)
        if str(folder) not in sys.path:
            monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
        return folder

    return written


def _theirs() -> list[tuple[str, str, str, str]]:
    points = sorted(entry_points(group="harness"), key=lambda point: point.name)
    return [(p.name, p.value, p.dist.name, p.dist.version) for p in points if p.dist]


def _ours() -> list[tuple[str, str, str, str]]:
    found = ((plugin, plugin.distribution()) for plugin in installed_plugins())
    return [(plugin.name, plugin.module, home.name, home.version) for plugin, home in found]


def test_they_are_those_of_this_environment() -> None:
    assert _ours() == _theirs() != []


@pytest.mark.parametrize(
    ("points", "names"),
    [
        ("[harness]\nmade = made.up\n", ["made"]),
        ("[console_scripts]\nx = a:b\n\n[harness]\n# a = b\n  made=made.up  \n\nmore = made.more\n[other]\nno = no\n",
         ["made", "more"]),
        ("[harness.more]\nno = no\n", []),
        ("[console_scripts]\nharness = a:b\n", []),
        ("", []),
    ],
)  # fmt: skip
def test_a_file_is_read_as_python_reads_it(write: Write, points: str, names: list[str]) -> None:
    write("site", "made_up-1.0.dist-info", points)
    assert _ours() == _theirs()
    assert [name for name, _, home, _ in _ours() if home == "made-up"] == names


def test_of_two_distributions_of_one_name_the_first_on_the_path_counts(write: Write) -> None:
    write("first", "Made.Up-1.0.dist-info", "[harness]\nmade = first\n", name="Made.Up")
    write("second", "made_up-2.0.dist-info", "[harness]\nmade = second\n", version="2.0")
    assert _ours() == _theirs()
    assert [module for name, module, *_ in _ours() if name == "made"] == ["first"]


def test_the_first_counts_without_entry_points_too(write: Write) -> None:
    (write("first", "made_up-1.0.dist-info", "") / "made_up-1.0.dist-info" / "entry_points.txt").unlink()
    write("second", "made_up-2.0.dist-info", "[harness]\nmade = second\n", version="2.0")
    assert _ours() == _theirs()
    assert "made" not in {name for name, *_ in _ours()}


def test_a_development_install_of_old_is_found(write: Write) -> None:
    folder = write("site", "made_up.egg-info", "[harness]\nmade = made.up\n")
    (folder / "made_up.egg-info" / "METADATA").rename(folder / "made_up.egg-info" / "PKG-INFO")
    assert _ours() == _theirs()
    assert ("made", "made.up", "made-up", "1.0") in _ours()


def test_a_zip_file_on_the_path_is_searched(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "site.zip", "w") as archive:
        archive.writestr("made_up-1.0.dist-info/METADATA", METADATA.format(name="made-up", version="1.0"))
        archive.writestr("made_up-1.0.dist-info/entry_points.txt", "[harness]\nmade = made.up\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "site.zip")])
    assert _ours() == _theirs()
    assert ("made", "made.up", "made-up", "1.0") in _ours()


def test_an_egg_is_searched(write: Write) -> None:
    egg = write("made_up-1.0-py3.11.egg", "EGG-INFO", "[harness]\nmade = made.up\n")
    (egg / "EGG-INFO" / "METADATA").rename(egg / "EGG-INFO" / "PKG-INFO")
    assert _ours() == _theirs()
    assert ("made", "made.up", "made-up", "1.0") in _ours()


def test_a_finder_of_somebody_s_is_asked(monkeypatch: pytest.MonkeyPatch, write: Write, tmp_path: Path) -> None:
    from importlib.metadata import Distribution

    info = write("site", "made_up-1.0.dist-info", "[harness]\nmade = made.up\n") / "made_up-1.0.dist-info"
    monkeypatch.setattr(sys, "path", sys.path[:-1])
    assert "made" not in {name for name, *_ in _ours()}

    class Finder:
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> None:
            return None

        @staticmethod
        def find_distributions(context: object = None) -> list[Distribution]:
            return [Distribution.at(info)]

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert ("made", "made.up", "made-up", "1.0") in _ours()
