"""Twins of published data sets, and a home of their own for manifests and places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from harness.datasets.catalogue import collections
from harness.datasets.named import class_of
from harness.datasets.preparing import Prepared, prepare


@pytest.fixture
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `HARNESS_HOME`; no class of another test's folder is remembered."""
    home = tmp_path / "harness-home"
    monkeypatch.setenv("HARNESS_HOME", str(home))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    class_of.cache_clear()
    return home


@pytest.fixture
def prepared(twins: ModuleType, data_home: Path, tmp_path: Path) -> Callable[..., tuple[Path, Prepared]]:
    """Build the twin of a collection (or take a folder) and prepare a split of it: the folder, what was done."""

    def make(name: str, split: str = "", root: Path | None = None) -> tuple[Path, Prepared]:
        one = collections()[name]
        folder = twins.build(name, tmp_path / name) if root is None else root
        return folder, prepare(one, one.split(split or one.splits[0].name), folder)

    return make
