"""What CoordFill's parity refuses (`test_shipped.py` has what agrees)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.testing.parity import ParityError
from harness_coordfill.parity import FIXTURE_SET, check

SHIPPED = Path(__file__).parent / "data"


def _altered(folder: Path, change: dict[str, object]) -> Path:
    """A copy of the shipped set's JSON with a change to its first case's spec or its state dict."""
    content = json.loads((SHIPPED / FIXTURE_SET).read_text())
    content["cases"] = {"coordfill_256": content["cases"]["coordfill_256"]}
    content["cases"]["coordfill_256"]["spec"] |= change.pop("spec", {})
    del content["cases"]["coordfill_256"]["tempered"]  # one variant is enough to refuse
    content["state_dict"] |= change
    (folder / FIXTURE_SET).write_text(json.dumps(content))
    shutil.copy(SHIPPED / "coordfill_256.npz", folder)
    return folder


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"refine.dowm.1.ffc.convl2l.weight": [64, 4, 5, 5]}, "do not agree"),
        ({"refine.extra.weight": [3]}, "refine.extra.weight is absent here"),
        ({"spec": {"fill": "fill_other"}}, "unknown fill rule 'fill_other'"),
        ({"spec": {"mask": "spiral"}}, "unknown mask 'spiral'"),
        ({"spec": {"input": "image"}}, "unknown input 'image'"),
        ({"spec": {"file": "absent.npz"}}, "cannot read the fixture arrays"),
    ],
)
def test_what_does_not_agree_is_an_error(tmp_path: Path, change: dict[str, object], words: str) -> None:
    with pytest.raises(ParityError, match=words):
        check(_altered(tmp_path, change))


def test_another_seed_does_not_pass(tmp_path: Path) -> None:
    rows = check(_altered(tmp_path, {"spec": {"seed": 1}}))
    assert not any(row.ok for row in rows if row.tensor in ("feat", "para", "raw"))


def test_a_folder_without_the_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ParityError, match=r"coordfill\.json"):
        check(tmp_path)
