"""A small real run, and studies of it in an empty home."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from harness.report.opened import Opened
from harness.studies import Study, create_study


@pytest.fixture(scope="session")
def run(fake: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight photographs of four clusters, four entries, one of them a mini; Navier–Stokes fails on the sixth."""
    folder = tmp_path_factory.mktemp("runs") / "demo-1"
    fake.build(folder, count=8, size=48)
    return folder


@pytest.fixture
def make_study(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Study]:
    """`make_study("name", per_pair=2)` writes a study of three classical fills into an empty home."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))

    def make(
        name: str = "fills", *, entries: tuple[str, ...] = ("mean", "telea", "navier-stokes"), **numbers: int
    ) -> Study:
        return create_study(Opened(run), name, "photos-thick", entries, **numbers)

    return make
