"""What ASAP-Net's parity refuses (`test_shipped.py` has what agrees)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.testing.parity import ParityError
from harness_asapnet.parity import FIXTURE_SET, check

SHIPPED = Path(__file__).parent / "data"
CASE = "asapnet_facades256"


def _altered(folder: Path, *, spec: dict[str, object], entries: dict[str, object], **options: object) -> Path:
    """A copy of the shipped set's JSON with one case, whose spec, options or state dict are changed."""
    content = json.loads((SHIPPED / FIXTURE_SET).read_text())
    case = content["cases"][CASE]
    content["cases"] = {CASE: {**case, **options, "spec": {**case["spec"], **spec}}}
    content["state_dict"][CASE] |= entries
    (folder / FIXTURE_SET).write_text(json.dumps(content))
    shutil.copy(SHIPPED / case["spec"]["file"], folder)
    return folder


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"entries": {"lowres_stream.model.1.0.weight": [64, 13, 5, 5]}}, "do not agree"),
        ({"entries": {"lowres_stream.extra": [3]}}, "lowres_stream.extra is absent here"),
        ({"label_nc": 12}, "do not agree"),
        ({"reflection_pad": False}, "do not agree"),
        ({"spec": {"fill": "fill_other"}}, "unknown fill rule 'fill_other'"),
        ({"spec": {"file": "absent.npz"}}, "cannot read the fixture arrays"),
    ],
)
def test_what_does_not_agree_is_an_error(tmp_path: Path, change: dict[str, object], words: str) -> None:
    with pytest.raises(ParityError, match=words):
        check(_altered(tmp_path, **{"spec": {}, "entries": {}, **change}))


def test_a_folder_without_the_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ParityError, match=r"asapnet\.json"):
        check(tmp_path)
