"""Rivals on the small recogniser: SER-FIQ by its formula, seeded and alone; the length of a vector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from harness.errors import HarnessError
from harness.interfaces import Batch, LoadedWeights, Setup
from harness.testing.conformance.tensors import pictures
from harness_sddfiqa.embedding import WEIGHTS, MfnEmbedder
from harness_sddfiqa.method import network_input
from harness_sddfiqa.network import Config, build_network
from harness_sddfiqa.rivals import MfnNorm, SerFiq, agreement

SHIPPED = Setup(weights=LoadedWeights("mini", "mini", WEIGHTS, ""))


def test_agreement_is_the_published_formula() -> None:
    vectors = np.random.default_rng(0).standard_normal((3, 6, 5))
    unit = vectors / np.linalg.norm(vectors, axis=2, keepdims=True)
    for found, one in zip(agreement(torch.from_numpy(vectors)).tolist(), unit, strict=True):
        total = sum(np.linalg.norm(one[i] - one[j]) for i in range(6) for j in range(i))
        assert found == pytest.approx(2 / (1 + np.exp(2 / 36 * total)), abs=1e-12)
    assert agreement(torch.ones(1, 4, 7)).item() == pytest.approx(1)


@pytest.mark.parametrize("rival", [SerFiq, MfnNorm])
def test_a_score_depends_on_its_picture_alone(rival: type[SerFiq] | type[MfnNorm]) -> None:
    image, judge = pictures(3, (112, 112)), rival(SHIPPED)
    found = judge.assess(Batch(("a", "b", "c"), image=image))
    values = found.scores[found.primary]
    assert values.shape == (3,)
    assert len(set(values.tolist())) == 3
    alone = rival(SHIPPED).assess(Batch(("b",), image=image[1:2]))
    assert torch.allclose(alone.scores[found.primary], values[1:2], rtol=1e-4)
    with pytest.raises(HarnessError, match="needs an image"):
        judge.assess(Batch(("a",)))


def test_passes_and_seed_are_heard() -> None:
    image = pictures(2, (112, 112))
    batch = Batch(("a", "b"), image=image)
    first = SerFiq(SHIPPED, passes=10).assess(batch).scores["agreement"]
    assert torch.equal(first, SerFiq(SHIPPED, passes=10).assess(batch).scores["agreement"])
    assert not torch.equal(first, SerFiq(SHIPPED, passes=10, seed=1).assess(batch).scores["agreement"])
    with pytest.raises(HarnessError, match="passes=1"):
        SerFiq(SHIPPED, passes=1)


def test_the_norm_is_of_the_embedders_vector() -> None:
    image = pictures(2, (112, 112))
    vectors = MfnEmbedder("cpu").embed(image)
    assert vectors.shape == (2, MfnEmbedder.size)
    norms = MfnNorm(SHIPPED).assess(Batch(("a", "b"), image=image)).scores["norm"]
    assert torch.allclose(norms, vectors.norm(dim=1), rtol=1e-5)


def test_serfiq_is_the_network_with_dropout(tmp_path: Path) -> None:
    """With nothing dropped its embedding is the embedder's: masks of ones give agreement 1."""
    judge = SerFiq(SHIPPED, passes=3)
    judge._masks = torch.ones_like(judge._masks)
    found = judge.assess(Batch(("a",), image=pictures(1, (112, 112))))
    assert found.scores["agreement"].item() == pytest.approx(1, abs=1e-6)
    path = tmp_path / "quality.safetensors"
    save_file(build_network(Config("mobilefacenet")).state_dict(), path)
    with pytest.raises(HarnessError, match="embeds none"):
        SerFiq(Setup(weights=LoadedWeights("mini", "mini", path, "")))


def test_input_is_shared_with_the_method() -> None:
    image = pictures(1, (60, 50))
    vector = MfnEmbedder("cpu")._network(network_input(image))
    assert torch.equal(vector, MfnEmbedder("cpu").embed(image))
