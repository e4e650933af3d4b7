"""What ICF-GU's parity refuses (`test_shipped.py` has what agrees)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.testing.parity import ParityError
from harness_icfgu.parity import FIXTURE_SET, check

SHIPPED = Path(__file__).parent / "data"


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
