"""What GDP's parity counts and refuses (`test_shipped.py` has that all agrees)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from harness.testing.parity import ParityError
from harness_gdp.parity import FIXTURE_SET, check

SHIPPED = Path(__file__).parent / "data"
FILES = (FIXTURE_SET, "gdp_diffusion.npz", "gdp_unet.json", "gdp_unet.npz", "gdp_unet_official_keys.json")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(SHIPPED / name, tmp_path)
    return tmp_path


def _change(folder: Path, **guided: object) -> None:
    content = json.loads((folder / FIXTURE_SET).read_text())
    content["guided"] |= guided
    (folder / FIXTURE_SET).write_text(json.dumps(content))


def _add(folder: Path, name: str) -> None:
    with np.load(folder / "gdp_diffusion.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    np.savez(folder / "gdp_diffusion.npz", **{**arrays, name: arrays["guided/clean"]})


def test_every_stored_array_has_a_row_and_another_scale_does_not_pass(copy: Path) -> None:
    _change(copy, scales={"sr4": 2000, "inp": 4000, "blur": 6000, "color": 6100})
    rows = check(copy)
    with np.load(copy / "gdp_diffusion.npz") as archive:
        stored = {name.removesuffix("_s3") for name in archive.files if name.startswith(("guided/", "loop/"))}
    statistics = json.loads((copy / FIXTURE_SET).read_text())["statistics"]
    told = {"/".join(part for part in (row.case, row.variant, row.tensor) if part != "-") for row in rows}
    assert stored - told == {"guided/clean", "guided/inp/missing_pixels"}
    assert {f"{name} statistics" for name in statistics} <= told
    wrong = {(row.variant, row.tensor) for row in rows if not row.ok and "statistics" not in row.tensor}
    assert wrong == {("color", tensor) for tensor in ("grad_at_pred_xstart", "sample_x0", "sample_xt")}


def test_a_thinned_array_needs_its_statistics_and_an_input_is_whole(copy: Path) -> None:
    content = json.loads((copy / FIXTURE_SET).read_text())
    (copy / FIXTURE_SET).write_text(json.dumps({**content, "statistics": {}}))
    with pytest.raises(ParityError, match="'guided/pred_xstart' is not whole, and its statistics are absent"):
        check(copy)
    with np.load(copy / "gdp_diffusion.npz") as archive:
        arrays = {f"{name}_s3" if name == "guided/clean" else name: archive[name] for name in archive.files}
    np.savez(copy / "gdp_diffusion.npz", **arrays)
    with pytest.raises(ParityError, match="'guided/clean' is an input: it must be stored whole"):
        check(copy)


@pytest.mark.parametrize("name", ["guided/snow/lr", "guided/sr4/sample_v2", "loop/sr4/x1"])
def test_what_nobody_reads_is_an_error(copy: Path, name: str) -> None:
    _add(copy, name)
    with pytest.raises(ParityError, match=f"nobody reads '{name}'"):
        check(copy)


def test_words_without_a_generator_and_absent_files_are_errors(copy: Path) -> None:
    _change(copy, noise="drawn somehow")
    with pytest.raises(ParityError, match="names no generator"):
        check(copy)
    (copy / "gdp_diffusion.npz").unlink()
    with pytest.raises(ParityError, match=r"gdp_diffusion\.npz"):
        check(copy)
    (copy / FIXTURE_SET).unlink()
    with pytest.raises(ParityError, match=r"gdp_diffusion\.json"):
        check(copy)
