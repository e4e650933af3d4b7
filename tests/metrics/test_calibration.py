"""pyiqa's published calibration set: read as it lies, judged by its bars; the pictures themselves a user must have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data
from skimage import metrics as skimage_metrics

from harness.errors import HarnessError, UnknownName
from tools.calibrate import OURS, calibrate, main, official_results

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("I03", "I04", "I06", "I08", "I19")
GIVEN = os.environ.get("HARNESS_CALIBRATION_DIR", "")


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    """The set's layout with our own pictures: BMPs, and PSNR by scikit-image to two decimals."""
    generator = np.random.default_rng(0)
    values = []
    for number, name in enumerate(NAMES):
        truth = data.astronaut()[40 * number : 40 * number + 96, :112]
        noise = generator.normal(0, 2 + 5 * number, truth.shape)
        output = (truth + noise).clip(0, 255).round().astype(np.uint8)
        for folder, pixels in (("ref_dir", truth), ("dist_dir", output)):
            (tmp_path / folder).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / folder / f"{name}.bmp")
        values.append(skimage_metrics.peak_signal_noise_ratio(truth, output))
    write(tmp_path, psnr=[f"{value:.2f}" for value in values], ssim=["0.5"] * 5, gmsd=["0.9"] * 5)
    return tmp_path


def write(folder: Path, **rows: list[str]) -> None:
    lines = [["Method", *(f"{name}.bmp" for name in NAMES)], *([name, *row] for name, row in rows.items())]
    (folder / "results_official.csv").write_text("\n".join(map(",".join, lines)) + "\n")


def test_what_agrees_passes_and_what_differs_fails(twin: Path) -> None:
    psnr, gmsd = calibrate(twin)  # ssim is grey there: no row of ours
    assert psnr.passed
    assert psnr.difference == pytest.approx(0, abs=1e-6)  # the rounding of the file is no difference
    assert not gmsd.passed
    assert "FAILED   gmsd by gmsd" in str(gmsd)


def test_a_difference_is_relative_and_less_the_rounding(twin: Path) -> None:
    official = official_results(twin)["psnr"]
    write(twin, psnr=[f"{float(value) * 1.02:.3f}" for value in official.values()])
    (outcome,) = calibrate(twin, ["psnr"])
    assert outcome.difference == pytest.approx(0.02 / 1.02, rel=0.02)
    assert not outcome.passed


def test_the_command_says_one_line_a_row(twin: Path) -> None:
    command = [sys.executable, "-m", "tools.calibrate", str(twin), "--metric", "psnr"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "ok       psnr by psnr: 0.00% of 1%\n")


def test_the_exit_code_tells_failure_from_a_users_mistake(
    twin: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, code in (((), 1), (("--metric", "psrn"), 2), (("--metric", "psnr"), 0)):
        monkeypatch.setattr(sys, "argv", ["calibrate", str(twin), *words])
        assert main() == code
        told = capsys.readouterr()
        if code == 2:
            assert told.err.count("\n") == 1
            assert "psnr" in told.err


def test_what_is_missing_or_malformed_is_named(twin: Path) -> None:
    with pytest.raises(UnknownName, match="psnr"):
        calibrate(twin, ["psrn"])
    write(twin, psnr=["1", "2"])
    with pytest.raises(HarnessError, match="one number for each picture"):
        official_results(twin)
    write(twin, psnr=["1"] * 5)
    (twin / "dist_dir" / "I19.bmp").unlink()
    with pytest.raises(HarnessError, match="no pair I19"):
        calibrate(twin)
    shutil.rmtree(twin / "ref_dir")
    with pytest.raises(HarnessError, match=r"ref_dir is missing: DIR is ResultsCalibra of github\.com/chaofengc"):
        official_results(twin)


@pytest.mark.skipif(not GIVEN, reason="HARNESS_CALIBRATION_DIR names no copy of pyiqa's ResultsCalibra")
def test_the_published_set() -> None:
    outcomes = {outcome.row: outcome for outcome in calibrate(Path(GIVEN))}
    assert set(outcomes) == OURS
    judged = {row for row, outcome in outcomes.items() if outcome.difference is not None}
    assert {"psnr", "gmsd", "vif", "niqe", "piqe"} <= judged
    for row in judged:
        assert outcomes[row].passed, str(outcomes[row])
