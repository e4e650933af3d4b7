"""Error against discard equals dasec's evaluation (fixed threshold) and CR-FIQA's (re-estimated)."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.verification.comparisons import Comparisons, ranked
from harness.verification.discard import area, at, fixed_errors, re_estimated_errors, theoretical_best
from harness.verification.thresholds import nearest_to_fmr, starting_at, within_fmr

FOLDER = Path(os.environ.get("HARNESS_PARITY_DIR", Path(__file__).parent / "data"))
TOLERANCE = 1e-12


def _read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


def _pairs(similarity: np.ndarray, genuine: np.ndarray) -> Comparisons:
    """Image 2 k and 2 k + 1 are pair k; nobody is in two pairs."""
    first = np.arange(0, 2 * len(similarity), 2)
    identity = np.arange(2 * len(similarity))
    identity[first[genuine] + 1] = first[genuine]
    return Comparisons(first, first + 1, similarity, genuine, identity)


def _dasec(case: dict[str, Any]) -> tuple[Comparisons, np.ndarray]:
    rng, n, levels = np.random.RandomState(case["seed"]), case["n_genuine"], case["quality_levels"]
    a, b, noise = rng.uniform(0, 1, n), rng.uniform(0, 1, n), rng.standard_normal(n)
    similarity = 0.25 + 0.5 * np.minimum(a, b) + 0.15 * noise
    scores = np.stack([a, b], 1).ravel()
    return _pairs(similarity, np.ones(n, bool)), np.round(scores * levels) if levels else scores


@pytest.mark.parametrize("case", _read("edc_dasec.json")["cases"], ids=lambda case: f"seed{case['seed']}")
def test_fixed_thresholds_equal_dasec(case: dict[str, Any]) -> None:
    of, scores = _dasec(case)
    order = ranked(of, scores, policy="genuine")
    for stored in case["curves"]:
        threshold = starting_at(of.similarity, stored["starting_error"])
        curve = fixed_errors(order, threshold)
        assert threshold == pytest.approx(stored["threshold"], abs=TOLERANCE)
        assert len(curve.discarded) == stored["n_points"]
        first = stored["first_discard_fractions"]
        np.testing.assert_allclose(curve.discarded[: len(first)], first, atol=TOLERANCE)
        for share, error in stored["fnmr_at_discard"].items():
            assert at(curve, float(share)) == pytest.approx(error, abs=TOLERANCE)
        for limit, value in stored["pauc"].items():
            assert area(curve, float(limit)) == pytest.approx(value, abs=TOLERANCE)
        for limit, value in stored["area_under_theoretical_best"].items():
            assert theoretical_best(float(curve.error[0]), float(limit)) == pytest.approx(value, abs=TOLERANCE)


def _crfiqa(case: dict[str, Any]) -> tuple[Comparisons, np.ndarray]:
    rng, n = np.random.RandomState(case["seed"]), case["n_genuine"] + case["n_impostor"]
    a, b = rng.standard_normal((n, case["dim"])), rng.standard_normal((n, case["dim"]))
    scores = np.stack([rng.uniform(0, 1, n), rng.uniform(0, 1, n)], 1)
    genuine = np.arange(n) < case["n_genuine"]
    b[genuine] = a[genuine] + (1.6 - 1.3 * scores.min(1)[genuine])[:, None] * b[genuine]
    cosine = (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    return _pairs(cosine, genuine), scores.ravel()


def test_re_estimated_thresholds_equal_cr_fiqa() -> None:
    case = _read("edc_crfiqa.json")["case"]
    of, scores = _crfiqa(case)
    order = ranked(of, scores, policy="pairs")
    for fmr, errors in case["fnmr_at_fmr"].items():
        curve = re_estimated_errors(order, partial(nearest_to_fmr, fmr=float(fmr)), case["unconsidered"])
        np.testing.assert_allclose(curve.error, errors, atol=TOLERANCE)
        assert area(curve, case["unconsidered"][-1]) == pytest.approx(case["auc"][fmr], abs=TOLERANCE)


def test_fixed_thresholds_at_a_false_match_rate_equal_the_stored_ones() -> None:
    case = _read("edc_crfiqa.json")["case"]
    of, scores = _crfiqa(case)
    order = ranked(of, scores, policy="pairs")
    for fmr, stored in case["fixed_threshold_numpy"].items():
        threshold = within_fmr(of.similarity[~of.genuine], float(fmr))
        curve = fixed_errors(order, threshold)
        assert threshold == pytest.approx(stored["threshold"], abs=TOLERANCE)
        errors = [at(curve, share) for share in case["unconsidered"]]
        np.testing.assert_allclose(errors, stored["fnmr"], atol=TOLERANCE)
