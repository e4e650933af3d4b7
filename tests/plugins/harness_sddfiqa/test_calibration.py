"""Percentiles of raw scores among reference faces."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.torch import save_file

import harness_sddfiqa
from harness.errors import HarnessError
from harness.interfaces import Batch, LoadedWeights, Setup
from harness.testing.conformance.tensors import pictures
from harness.weights.resolve import sha256_of
from harness_sddfiqa.calibration import FEWEST, Calibration
from harness_sddfiqa.method import SddFiqa
from harness_sddfiqa.network import Config, build_network

SCORES = st.floats(-50, 150, width=32)


def test_percentiles_of_the_reference_are_its_ranks() -> None:
    scores = np.random.default_rng(0).normal(40, 9, 1000)
    calibration = Calibration.fit(scores, "a", "noise")
    ranks = 100 * np.argsort(np.argsort(scores)) / 999
    assert np.abs(calibration.percentile(scores) - ranks).max() < 0.6
    assert calibration.percentile(np.array([-1e9, scores.min() - 1, scores.max() + 1])).tolist() == [0, 0, 100]


@settings(max_examples=30)
@given(arrays(np.float64, 250, elements=SCORES), arrays(np.float64, 40, elements=SCORES))
def test_a_better_score_never_has_a_lower_percentile(scores: np.ndarray, asked: np.ndarray) -> None:
    if scores.min() == scores.max():
        return
    found = Calibration.fit(scores, "a", "noise").percentile(np.sort(asked))
    assert (np.diff(found) >= 0).all()
    assert found.min() >= 0
    assert found.max() <= 100


def test_equal_scores_share_the_middle_of_their_ranks() -> None:
    calibration = Calibration.fit([*np.zeros(150), *np.ones(150)], "a", "two values")
    low, high = calibration.percentile(np.array([0.0, 1.0]))
    assert (low, high) == pytest.approx((25, 75), abs=1)


def test_too_few_or_equal_scores_are_refused() -> None:
    with pytest.raises(HarnessError, match=f"{FEWEST} are needed"):
        Calibration.fit(np.arange(FEWEST - 1), "a", "few")
    with pytest.raises(HarnessError, match="order nothing"):
        Calibration.fit(np.ones(FEWEST), "a", "equal")
    with pytest.raises(HarnessError, match="reference scores"):
        Calibration.fit(np.full(FEWEST, np.nan), "a", "nan")


def test_it_lies_beside_the_weights_and_belongs_to_them(tmp_path: Path) -> None:
    path = tmp_path / "mini.safetensors"
    save_file(build_network(Config("mobilefacenet")).eval().state_dict(), path)
    weights, faces = LoadedWeights("mini", "mini", path, "b" * 64), Batch(("a", "b"), image=pictures(2, (112, 112)))
    bare = SddFiqa(Setup(weights=weights)).assess(faces)
    assert list(bare.scores) == ["raw"]
    raw = bare.scores["raw"].double().numpy()
    spread = np.linspace(raw.min() - 1, raw.max() + 3, FEWEST)
    written = Calibration.fit(spread, weights.sha256, "a ramp").write(path)
    assert written == tmp_path / "mini.calibration.json"
    told = SddFiqa(Setup(weights=weights)).assess(faces)
    assert torch.equal(told.scores["raw"], bare.scores["raw"])
    expected = 100 * (raw - spread[0]) / (spread[-1] - spread[0])
    assert told.scores["percentile"].numpy() == pytest.approx(expected, abs=0.1)
    with pytest.raises(HarnessError, match="is of other weights"):
        SddFiqa(Setup(weights=replace(weights, sha256="c" * 64)))


@pytest.mark.parametrize("wrong", ["{", "[]", '{"weights": "a"}', "falling", "one"])
def test_a_damaged_calibration_is_an_error_in_one_line(tmp_path: Path, wrong: str) -> None:
    known = {"weights": "a", "reference": "r", "faces": 300, "percentiles": [1.0] if wrong == "one" else [2.0, 1.0]}
    Calibration.path_of(tmp_path / "mini.safetensors").write_text(
        json.dumps(known) if wrong in ("falling", "one") else wrong
    )
    with pytest.raises(HarnessError, match="is no calibration") as told:
        Calibration.of(tmp_path / "mini.safetensors", "a")
    assert "\n" not in str(told.value)


def test_shipped_calibrations_are_of_the_shipped_weights() -> None:
    folder = Path(harness_sddfiqa.__file__).parent / "weights"
    calibrated = [path for path in folder.glob("*.safetensors") if Calibration.path_of(path).exists()]
    assert "mini" in {path.stem for path in calibrated}
    for path in calibrated:
        found = Calibration.of(path, sha256_of(path))
        assert found is not None
        assert found.faces >= FEWEST
        assert "held out" in found.reference
