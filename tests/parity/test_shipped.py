"""Every network that has stored outputs of an official one equals them, in the set named by `HARNESS_PARITY_DIR`."""

from __future__ import annotations

import importlib
import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from harness.plugins import registry
from harness.specs import MethodSpec
from harness.testing.parity import read_arrays

FIXTURES = Path(os.environ.get("HARNESS_PARITY_DIR", Path(__file__).parent / "data"))
SPECS = [spec for spec in registry().all("methods") if isinstance(spec, MethodSpec) and spec.weights]
PACKAGES = sorted({spec.target.partition(":")[0].partition(".")[0] for spec in SPECS})


@pytest.mark.parametrize("package", [package for package in PACKAGES if find_spec(f"{package}.parity")])
def test_every_stored_tensor_agrees(package: str) -> None:
    parity = importlib.import_module(f"{package}.parity")
    rows = parity.check(FIXTURES)
    content = json.loads((FIXTURES / parity.FIXTURE_SET).read_text())
    for name, case in content.get("cases", {}).items():  # GDP's set has none: `test_gdp.py` counts its rows
        arrays = read_arrays(FIXTURES / case["spec"]["file"])
        told = [row for row in rows if row.case == name and "statistics" in row.tensor]
        assert len([row for row in rows if row.case == name]) - len(told) >= len(arrays) > 0
        tables = (case.get("plain", {}), case.get("tempered", {}), case)  # the case itself where it has one variant
        stored = [each for table in tables for each in table.values() if isinstance(each, dict) and "shape" in each]
        assert len(told) == len(stored) > 0
    assert rows != []
    assert [row for row in rows if not row.ok] == []
