from __future__ import annotations

from typing import Any

import pytest

from harness.stats.model import RunSummary
from harness.stats.summary import summarise
from harness.store import RunFolder


@pytest.fixture(scope="session")
def run(fake: Any, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Six photographs of three clusters, three floors and a mini; Navier–Stokes fails on the last one."""
    built: RunFolder = fake.build(tmp_path_factory.mktemp("run"), count=6, size=64)
    return built


@pytest.fixture(scope="session")
def larger(fake: Any, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Sixteen photographs of eight clusters: enough for intervals and pairs of three entries, one of them a mini."""
    fills = [fake.FILLS[0], fake.FILLS[1], fake.FILLS[3]]
    built: RunFolder = fake.build(tmp_path_factory.mktemp("larger"), count=16, size=48, fills=fills)
    return built


@pytest.fixture(scope="session")
def summary(run: RunFolder) -> RunSummary:
    return summarise(run.records(), run.manifest)
