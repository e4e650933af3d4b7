"""Every number with its band, and what a reader is warned of."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.verification.comparisons import Comparisons
from harness.verification.evaluation import Protocol, evaluate

FEW = Protocol(fmrs=(0.1, 0.001), starting_errors=(0.1,), resamples=40)


def _faces(seed: int, people: int = 30, share: float = 1.0) -> tuple[Comparisons, np.ndarray]:
    """All pairs of four images a person; `share` of what makes a genuine pair alike is its worse image's score."""
    rng = np.random.default_rng(seed)
    identity = np.repeat(np.arange(people), 4)
    scores = rng.uniform(size=len(identity))
    first, second = np.triu_indices(len(identity), 1)
    genuine = identity[first] == identity[second]
    known = share * np.minimum(scores[first], scores[second]) + (1 - share) * 0.3
    return Comparisons(first, second, rng.normal(0, 0.15, len(first)) + genuine * known, genuine, identity), scores


def test_a_score_that_tells_errors_lies_below_chance_and_noise_does_not() -> None:
    of, scores = _faces(0)
    protocol = dataclasses.replace(FEW, fmrs=(0.1,))
    good = evaluate(of, scores, protocol).points["fmr0.1-fixed"].values["relative_0.3"]
    noise = np.random.default_rng(9).uniform(size=len(scores))
    bad = evaluate(of, noise, protocol).points["fmr0.1-fixed"].values["relative_0.3"]
    assert good.lo < good.value < good.hi < 1
    assert bad.lo < 1 < bad.hi


def test_every_point_has_its_values_and_a_curve_with_a_band() -> None:
    found = evaluate(*_faces(1), FEW)
    assert set(found.points) == {
        "start0.1-fixed", *(f"fmr{fmr}-{rule}" for fmr in ("0.1", "0.001") for rule in ("fixed", "re-estimated"))
    }  # fmt: skip
    for name, point in found.points.items():
        assert ("above_best_0.3" in point.values) is name.endswith("-fixed")
        assert point.curve.y[0] == point.values["fnmr"].value
        assert point.curve.lo[0] <= point.curve.y[0] <= point.curve.hi[0]
        assert len(point.curve.x) == 20
    same = [found.points[f"fmr0.1-{rule}"].values["fnmr"].value for rule in ("fixed", "re-estimated")]
    assert same[0] == same[1]  # nothing is discarded yet


def test_a_band_is_wider_where_errors_come_by_person() -> None:
    """Persons who are hard to recognise are so in all their pairs; the same similarities are dealt out at random."""
    rng = np.random.default_rng(2)
    of, scores = _faces(2, people=20)
    hard = rng.normal(0, 0.4, 20)[of.identity[of.first]]
    by_person = dataclasses.replace(of, similarity=of.similarity + of.genuine * hard)
    dealt = by_person.similarity.copy()
    dealt[of.genuine] = rng.permutation(dealt[of.genuine])
    protocol = dataclasses.replace(FEW, fmrs=(0.1,), resamples=100)
    one, other = (
        evaluate(each, scores, protocol).points["fmr0.1-fixed"].values["fnmr"]
        for each in (by_person, dataclasses.replace(of, similarity=dealt))
    )
    assert one.value == other.value
    assert one.hi - one.lo > 1.5 * (other.hi - other.lo)


@pytest.mark.parametrize(("fmr", "words"), [(1e-4, "100,000 impostor pairs (10 / FMR); there are 6,960"), (1e-2, "")])
def test_too_few_impostors_are_told(fmr: float, words: str) -> None:
    found = evaluate(*_faces(3), dataclasses.replace(FEW, fmrs=(fmr,), resamples=0)).cautions
    assert [one for one in found if "there are" in one and words in one] == ([found[0]] if words else [])


def test_a_re_estimated_threshold_that_runs_out_of_impostors_is_told() -> None:
    (told,) = evaluate(*_faces(3), dataclasses.replace(FEW, fmrs=(1e-2,), resamples=0)).cautions
    assert "re-estimated from 90% discarded on" in told


def test_refusals_are_told_and_counted() -> None:
    of, scores = _faces(4)
    scores[:3] = np.nan
    protocol = dataclasses.replace(FEW, fmrs=(0.1,), resamples=0)
    lowest = evaluate(of, scores, protocol)
    excluded = evaluate(of, scores, dataclasses.replace(protocol, refused="excluded"))
    assert (lowest.refused, lowest.excluded_pairs) == (3, 0)
    assert lowest.cautions[-1] == "3 images without a score are discarded first"
    assert (excluded.refused, excluded.excluded_pairs) == (3, 3 + 3 * 117)
    assert excluded.cautions[-1] == "3 images without a score took 354 pairs with them"


def test_genuine_pairs_alone_have_starting_errors_only() -> None:
    of, scores = _faces(5)
    keep = of.genuine
    alone = Comparisons(of.first[keep], of.second[keep], of.similarity[keep], of.genuine[keep], of.identity)
    found = evaluate(alone, scores, FEW)
    assert list(found.points) == ["start0.1-fixed"]
    assert found.cautions == ("no impostor pairs: only starting errors, no false match rates",)


def test_three_people_have_no_band() -> None:
    found = evaluate(*_faces(6, people=3), FEW).points["start0.1-fixed"]
    assert np.isnan([found.values["fnmr"].lo, found.values["fnmr"].hi, *found.curve.lo]).all()


def test_the_same_seed_gives_the_same_bands() -> None:
    of, scores = _faces(7, people=10)
    protocol = dataclasses.replace(FEW, fmrs=())
    one, two = (evaluate(of, scores, protocol).points["start0.1-fixed"] for _ in range(2))
    other = evaluate(of, scores, dataclasses.replace(protocol, seed=1)).points["start0.1-fixed"]
    assert one.values == two.values
    assert one.curve.to_text() == two.curve.to_text()
    assert one.values["fnmr_5%"].value == other.values["fnmr_5%"].value
    assert one.values["area_0.3"].lo != other.values["area_0.3"].lo
