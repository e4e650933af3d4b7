"""What SCAT's parity refuses (`test_shipped.py` has what agrees)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.testing.parity import ParityError
from harness_scat.parity import FIXTURE_SET, check

SHIPPED = Path(__file__).parent / "data"


def _altered(folder: Path, table: str, change: dict[str, object]) -> Path:
    """A copy of the shipped set's JSON with a small case and no losses, and a change to one of its tables."""
    content = json.loads((SHIPPED / FIXTURE_SET).read_text())
    content["cases"] = {"small": {"spec": content["cases"]["scat_256"]["spec"] | {"size": [64, 64]}}}
    del content["losses"]
    (content["cases"]["small"]["spec"] if table == "spec" else content[table]).update(change)
    (folder / FIXTURE_SET).write_text(json.dumps(content))
    shutil.copy(SHIPPED / "scat_256.npz", folder)
    return folder


@pytest.mark.parametrize(
    ("table", "change", "words"),
    [
        ("state_dict_G", {"decoder.4.weight": [3, 64, 5, 5]}, "do not agree"),
        ("state_dict_D", {"blocks.13.weight": [3]}, "blocks.13.weight is absent here"),
        ("spec", {"fill": "fill_other"}, "unknown fill rule 'fill_other'"),
        ("spec", {"mask": "spiral"}, "unknown mask 'spiral'"),
        ("spec", {"file": "absent.npz"}, "cannot read the fixture arrays"),
    ],
)
def test_what_does_not_agree_is_an_error(tmp_path: Path, table: str, change: dict[str, object], words: str) -> None:
    with pytest.raises(ParityError, match=words):
        check(_altered(tmp_path, table, change))


def test_a_folder_without_the_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ParityError, match=r"scat\.json"):
        check(tmp_path)
