"""The blocks that ICF-GU shares with crfill agree on every array of the fixture set in `HARNESS_PARITY_DIR`."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from harness.testing.parity import ParityError, read_arrays
from harness_icfgu.parity import FIXTURE_SET, check

SHIPPED = Path(__file__).parent / "data"
FIXTURES = Path(os.environ.get("HARNESS_PARITY_DIR", SHIPPED))


def test_every_stored_tensor_agrees() -> None:
    rows = check(FIXTURES)
    cases = json.loads((FIXTURES / FIXTURE_SET).read_text())["cases"]
    for name, case in cases.items():
        arrays = read_arrays(FIXTURES / case["spec"]["file"])
        compared = [row for row in rows if row.case == name and "statistics" not in row.tensor]
        assert len(compared) >= len(arrays) > 0
        told = [row for row in rows if row.case == name and "statistics" in row.tensor]
        assert len(told) == sum(len(case[variant]) for variant in ("plain", "tempered") if variant in case)
    assert [row for row in rows if not row.ok] == []


def _altered(folder: Path, spec: dict[str, object], keys: dict[str, object]) -> Path:
    """A copy of the shipped set with changes to its case's spec and its state dict; the tempered variant only."""
    content = json.loads((SHIPPED / FIXTURE_SET).read_text())
    (case,) = content["cases"].values()
    case["spec"] |= spec
    del case["plain"]
    content["state_dict"] |= keys
    (folder / FIXTURE_SET).write_text(json.dumps(content))
    shutil.copy(SHIPPED / "icfgu_crfill_256.npz", folder)
    return folder


@pytest.mark.parametrize(
    ("spec", "keys", "words"),
    [
        ({}, {"baseg.conv1.weight": [48, 4, 5, 5]}, "do not agree"),
        ({}, {"baseg.extra.weight": [3]}, "baseg.extra.weight is absent here"),
        ({"fill": "fill_other"}, {}, "unknown fill rule 'fill_other'"),
        ({"file": "absent.npz"}, {}, "cannot read the fixture arrays"),
    ],
)
def test_what_does_not_agree_is_an_error(
    tmp_path: Path, spec: dict[str, object], keys: dict[str, object], words: str
) -> None:
    with pytest.raises(ParityError, match=words):
        check(_altered(tmp_path, spec, keys))


def test_another_seed_does_not_pass(tmp_path: Path) -> None:
    rows = check(_altered(tmp_path, {"seed": 1}, {}))
    assert not any(row.ok for row in rows if row.tensor in ("stage1", "stage2", "pm", "refined"))
