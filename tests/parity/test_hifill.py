"""What HiFill's parity refuses (`test_shipped.py` has what agrees)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.testing.parity import ParityError
from harness_hifill.parity import FIXTURE_SET, check

SHIPPED = Path(__file__).parent / "data"


def _altered(folder: Path, change: dict[str, object]) -> Path:
    """A copy of the shipped set's JSON with a change to its pipeline case's spec or its variables."""
    content = json.loads((SHIPPED / FIXTURE_SET).read_text())
    name = "hifill_pipeline_t2_1024"
    content["cases"] = {name: content["cases"][name]}
    content["cases"][name]["spec"] |= change.pop("spec", {})
    content["variables"] |= change
    (folder / FIXTURE_SET).write_text(json.dumps(content))
    shutil.copy(SHIPPED / f"{name}.npz", folder)
    return folder


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"generator/c_en_conv_128_feat/w": [3, 3, 32, 33]}, "do not agree"),
        ({"generator/extra/w": [3]}, "generator/extra/w is absent here"),
        ({"spec": {"fill": "fill_other"}}, "unknown fill rule 'fill_other'"),
        ({"spec": {"input": "image"}}, "unknown input 'image'"),
        ({"spec": {"file": "absent.npz"}}, "cannot read the fixture arrays"),
    ],
)
def test_what_does_not_agree_is_an_error(tmp_path: Path, change: dict[str, object], words: str) -> None:
    with pytest.raises(ParityError, match=words):
        check(_altered(tmp_path, change))


def test_a_folder_without_the_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ParityError, match=r"hifill\.json"):
        check(tmp_path)
