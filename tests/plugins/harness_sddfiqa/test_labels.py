"""Pseudo-labels: distances equal to scipy's, draws that are fair and follow from the seed, repeats that are kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from harness.errors import HarnessError
from harness_sddfiqa import labels as module
from harness_sddfiqa.labels import Labelling, distances, pseudo_labels
from harness_sddfiqa.sampling import draw_subsets, sort_people
from harness_sddfiqa.wasserstein import wasserstein

HOW = Labelling(m=4, repeats=3)


def _faces(sizes: tuple[int, ...] = (2, 5, 3, 7, 4, 5), seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    identities = rng.permutation(np.repeat([f"person{k}" for k in range(len(sizes))], sizes))
    return rng.standard_normal((len(identities), 8)), identities


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1), st.booleans())
def test_the_distance_is_scipy_s(p: int, q: int, seed: int, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.uniform(-1, 1, (3, p)), rng.uniform(-1, 1, (3, q))
    if ties:
        one, other = one.round(1), other.round(1)
    expected = [wasserstein_distance(a, b) for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(wasserstein(one, other), expected, rtol=0, atol=1e-12)


def test_no_distance_to_nothing() -> None:
    with pytest.raises(ValueError, match="empty set"):
        wasserstein(np.zeros((2, 0)), np.zeros((2, 3)))


def test_every_subset_is_as_likely() -> None:
    drawn = draw_subsets(np.random.default_rng(0).random((20_000, 3)), np.full(20_000, 6))
    counts = Counter(tuple(sorted(row)) for row in drawn.tolist())
    assert len(counts) == 20
    spread = sum((count - 1000) ** 2 / 1000 for count in counts.values())
    assert spread < 43.8  # chi-square with 19 degrees of freedom, p = 0.001


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(2, 6), min_size=2, max_size=6), st.integers(0, 2**32 - 1))
def test_places_are_the_right_people(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    identities = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    people = sort_people(identities, 2)
    names, places = identities[people.order], np.arange(len(identities))
    negative = people.negatives(places, draw_subsets(rng.random((len(places), 2)), len(places) - people.size))
    positive = people.positives(places, draw_subsets(rng.random((len(places), 1)), people.size - 1))
    assert (names[negative] != names[:, None]).all()
    assert (negative[:, 0] != negative[:, 1]).all()
    assert (names[positive] == names[:, None]).all()
    assert (positive[:, 0] != places).all()


def test_with_nothing_to_choose_it_is_the_plain_loop() -> None:
    """Two identities of four: three positives and four negatives a face, whatever is drawn."""
    faces, identities = _faces((4, 4))
    unit = faces / np.linalg.norm(faces, axis=1, keepdims=True)
    cosines, rows = unit @ unit.T, np.arange(8)
    expected = []
    for row in rows:
        same = identities == identities[row]
        expected.append(wasserstein_distance(cosines[row, same & (rows != row)], cosines[row, ~same]))
    found = distances(faces, identities, HOW)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    scaled = 100 * (found - found.min()) / (found.max() - found.min())
    np.testing.assert_allclose(pseudo_labels(faces, identities, HOW), scaled, rtol=0, atol=1e-10)
    with pytest.raises(HarnessError, match="4 faces are of other identities than person0; 5 are needed"):
        distances(faces, identities, Labelling(m=5))


def test_labels_are_the_mean_of_scaled_repeats_and_follow_from_the_seed() -> None:
    faces, identities = _faces()
    labels = pseudo_labels(faces, identities, HOW)
    repeats = np.stack([distances(faces, identities, HOW, k) for k in range(3)])
    low, high = repeats.min(1, keepdims=True), repeats.max(1, keepdims=True)
    np.testing.assert_allclose(labels, (100 * (repeats - low) / (high - low)).mean(0), atol=1e-10)
    assert len(np.unique(repeats, axis=0)) == 3
    assert np.array_equal(labels, pseudo_labels(faces, identities, HOW))
    assert not np.array_equal(labels, pseudo_labels(faces, identities, replace(HOW, seed=1)))


def test_the_intra_variant_looks_at_the_identity_alone() -> None:
    faces, identities = _faces((4, 5))
    how = Labelling(m=4, repeats=1, kind="intra")
    unit = faces / np.linalg.norm(faces, axis=1, keepdims=True)
    for row, value in enumerate(distances(faces, identities, how)):
        same = (identities == identities[row]) & (np.arange(len(faces)) != row)
        assert value == pytest.approx((unit[same] @ unit[row]).mean(), abs=1e-12)


def test_blocks_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of three faces at a time gives every face one distance, of the right people where there is no choice."""
    faces, identities = _faces((5, 5))
    how = Labelling(m=5, repeats=1)
    expected = distances(faces, identities, how)
    monkeypatch.setattr(module, "BLOCK", 3)
    np.testing.assert_allclose(distances(faces, identities, how), expected, atol=1e-12)


def test_a_stopped_labelling_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faces, identities = _faces()
    expected = pseudo_labels(faces, identities, HOW)
    plain, made = module._distances, []

    def stops(*given: object) -> np.ndarray:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(given[-1])
        return plain(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_distances", stops)
    with pytest.raises(KeyboardInterrupt):
        pseudo_labels(faces, identities, HOW, tmp_path)
    made.clear()
    assert np.array_equal(pseudo_labels(faces, identities, HOW, tmp_path), expected)
    assert made == [2]
    made.clear()
    longer = pseudo_labels(faces, identities, replace(HOW, repeats=4), tmp_path)
    assert made == [3]
    assert np.array_equal(longer, pseudo_labels(faces, identities, replace(HOW, repeats=4), tmp_path))


def test_a_folder_is_held_to_its_faces_and_settings(tmp_path: Path) -> None:
    faces, identities = _faces()
    pseudo_labels(faces, identities, HOW, tmp_path)
    for other in (replace(HOW, seed=1), replace(HOW, kind="intra"), replace(HOW, m=3)):
        with pytest.raises(HarnessError, match="other faces or settings"):
            pseudo_labels(faces, identities, other, tmp_path)
    with pytest.raises(HarnessError, match="other faces or settings"):
        pseudo_labels(faces[::-1].copy(), identities, HOW, tmp_path)
    (tmp_path / "repeat-01.float64").write_bytes(b"12345678")
    with pytest.raises(HarnessError, match="1 distances, not 26: delete it"):
        pseudo_labels(faces, identities, HOW, tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f, i: (f[:-1], i), "do not belong to 26 identities"),
        (lambda f, i: (f, np.append(i[:-1], "alone")), "single face.*alone"),
        (lambda f, i: (f * (np.arange(26) != 5)[:, None], i), "first is row 5"),
        (lambda f, i: (np.where(f == f[2, 1], np.nan, f), i), "first is row 2"),
        (lambda f, i: (np.ones_like(f), i), "tell no face from another"),
        (lambda f, i: (f[:0], i[:0]), "no faces"),
    ],
)
def test_what_cannot_be_labelled_is_one_line(change: object, words: str) -> None:
    with pytest.raises(HarnessError, match=words):
        pseudo_labels(*change(*_faces()), HOW)  # type: ignore[operator]


@pytest.mark.parametrize("wrong", [{"m": 0}, {"repeats": 0}, {"kind": "inter"}, {"seed": -1}])
def test_impossible_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Labelling(**wrong)  # type: ignore[arg-type]
