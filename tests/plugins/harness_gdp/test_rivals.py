"""DDRM, DPS and DiffPIR with GDP's prior: sizes, what they are told, chance, and exact answers of an exact prior."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from harness.degradations.linear import Combined, Grey, LostPixels, SuperResolution
from harness.errors import HarnessError
from harness.interfaces import Batch, Degradation, Restorer, Sample, Setup
from harness_gdp.rivals import Ddrm, DiffPir, Dps

ALL: tuple[Callable[..., Restorer], ...] = (Ddrm, Dps, DiffPir)


class _Knows(nn.Module):
    """A network that knows the clean picture: it predicts the noise that leads from it to what it is shown."""

    def __init__(self, start: Tensor, kept: Tensor) -> None:
        super().__init__()
        self.start, self.kept = start, kept

    def forward(self, noisy: Tensor, steps: Tensor) -> Tensor:
        kept = self.kept[steps].float()[:, None, None, None]
        noise = (noisy - kept.sqrt() * self.start) / (1 - kept).sqrt()
        return torch.cat([noise, torch.zeros_like(noise)], 1)


def _batch(degradation: Degradation, side: int = 16, seed: int = 3) -> tuple[Batch, Tensor]:
    pixels = np.random.default_rng(0).integers(40, 216, (side, side, 3), dtype=np.uint8)
    made = degradation.degrade(Sample("a", "a", pixels), 1)
    image = torch.from_numpy(made.picture).permute(2, 0, 1)[None].float() / 255
    truth = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
    return Batch(("a",), image, operator=made.operator, target_size=(side, side), seeds=(seed,)), truth


@pytest.mark.parametrize("rival", ALL)
@pytest.mark.parametrize(
    "degradation", [SuperResolution(sigma=0.05), LostPixels(share=0.5), Grey(), Combined(spread=2.0, factor=2)]
)
def test_a_prior_that_knows_the_picture_gives_it(
    rival: Callable[..., Restorer], degradation: Degradation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was observed: no part of the sampling takes it away from what prior and observation agree on."""
    batch, truth = _batch(degradation)
    method = rival(Setup(), steps=20)
    kept = torch.from_numpy(np.cumprod(1 - np.linspace(1e-4, 0.02, 1000)))
    method.sampler.network = _Knows(2 * truth - 1, kept)  # type: ignore[attr-defined]
    method.sampler.network.pitch = method.sampler.network.patch = 1  # type: ignore[attr-defined]
    with torch.inference_mode():
        restored = method.restore(batch).image
    assert (restored - truth).square().mean().sqrt() < 0.02


@pytest.mark.parametrize("rival", ALL)
def test_any_size_and_chance_from_the_seed_alone(rival: Callable[..., Restorer]) -> None:
    method = rival(Setup(), steps=2)
    batch, _ = _batch(SuperResolution(factor=3), 21)
    first, again = (method.restore(batch).image for _ in range(2))
    assert first.shape == (1, 3, 21, 21)
    assert first.isfinite().all()
    assert torch.equal(first, again)
    batch.seeds = (4,)
    assert not torch.equal(first, method.restore(batch).image)


def test_ddrm_and_diffpir_keep_what_was_observed_without_noise() -> None:
    for rival, bound in ((Ddrm, 0.1), (DiffPir, 0.1)):
        batch, _ = _batch(LostPixels(share=0.5))
        restored = rival(Setup(), steps=10).restore(batch).image
        assert batch.image is not None
        assert batch.operator is not None
        assert (batch.operator(restored) - batch.image).square().mean().sqrt() < bound


class _Other:
    sigma = 0.0

    def __call__(self, image: Tensor) -> Tensor:
        return image

    def pseudo_inverse(self, observed: Tensor) -> Tensor:
        return observed


def test_what_cannot_be_is_refused() -> None:
    batch, _ = _batch(Grey())
    for rival in ALL:
        with pytest.raises(HarnessError, match="operator"):
            rival(Setup(), steps=2).restore(Batch(("a",), batch.image, seeds=(1,)))
        with pytest.raises(HarnessError, match="seed"):
            rival(Setup(), steps=2).restore(Batch(("a",), batch.image, operator=batch.operator))
    for spectral in (Ddrm, DiffPir):
        with pytest.raises(HarnessError, match="singular values"):
            spectral(Setup(), steps=2).restore(Batch(("a",), batch.image, operator=_Other(), seeds=(1,)))
    for made in (lambda: Dps(Setup(), scale=0), lambda: Ddrm(Setup(), eta=2), lambda: DiffPir(Setup(), fresh=-1)):
        with pytest.raises(HarnessError, match=r"dps|ddrm|diffpir"):
            made()
