"""What Inst-Inpaint's parity refuses (`test_shipped.py` has that all agrees)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from harness.testing.parity import ParityError
from harness_instinpaint.parity import FIXTURE_SET, OFFICIAL_KEYS, check

SHIPPED = Path(__file__).parent / "data"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in (FIXTURE_SET, "instinpaint.npz", OFFICIAL_KEYS):
        shutil.copy(SHIPPED / name, tmp_path)
    return tmp_path


def test_what_nobody_reads_and_keys_that_are_others_are_errors(copy: Path) -> None:
    content = json.loads((copy / FIXTURE_SET).read_text())
    wrong = {**content, "params": content["params"][1:]}
    (copy / FIXTURE_SET).write_text(json.dumps(wrong))
    with pytest.raises(
        ParityError, match=r"1 state dict entries do not agree; the first: model\.diffusion_model\.time"
    ):
        check(copy)
    with np.load(copy / "instinpaint.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    np.savez(copy / "instinpaint.npz", **arrays, more=np.zeros(1))
    with pytest.raises(ParityError, match="nobody reads 'more'"):
        check(copy)
