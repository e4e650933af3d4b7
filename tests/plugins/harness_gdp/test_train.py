"""The recipe of the small prior, and the bound that teaches its variance."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from harness.interfaces import Batch, LoadedWeights, Setup
from harness.nn.diffusion import Diffusion, Estimate, linear_betas
from harness.training.export import read_metadata
from harness.training.loop import train
from harness.training.recipe import Progress
from harness_gdp import train as training
from harness_gdp.losses import bits_per_dimension
from harness_gdp.method import GdpInpainter, load_network
from harness_gdp.network import PriorConfig
from harness_gdp.train import Course, Mini

TINY = PriorConfig(channels=32, multipliers=(1, 1), blocks=1, attention=(2,), head_channels=32, patch=2)


@pytest.fixture
def recipe(packed_noise: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Mini:
    """The course on a tiny network and few pixels."""
    monkeypatch.setattr(training, "MINI", TINY)
    monkeypatch.setattr(training, "HELD_OUT", 2)
    return Mini(packed_noise(48, 6), 0, Course(side=16, batch=4, pictures=1, picture_steps=2))


def test_mini_trains_and_exports_weights_that_fill(recipe: Mini, tmp_path: Path) -> None:
    reports = []
    result = train(recipe, tmp_path / "out", steps=3, cpu=True, every_minutes=0, tell=reports.append)
    assert all({"error", "bound"} <= set(report.losses) for report in reports)
    assert set(result.scores) == {"scenes_error", "photos_error"}
    assert load_network(result.weights).patch == 2
    metadata = read_metadata(result.weights)
    assert metadata["network"]["patch"] == 2
    assert [source["licence"] for source in metadata["data"]] == ["CC0-1.0"] * 2
    path = LoadedWeights("mini", "mini", result.weights, "")
    image, mask = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16).triu()
    answer = GdpInpainter(Setup(weights=path), steps=2).inpaint(Batch(("a",), image=image, mask=mask, seeds=(0,)))
    assert answer.image.isfinite().all()


def test_a_batch_is_decided_by_its_step_and_holds_no_held_out_picture(recipe: Mini) -> None:
    first, again, other = recipe.batch(5), recipe.batch(5), recipe.batch(6)
    assert first["image"].shape == first["noise"].shape == (4, 3, 16, 16)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["noise"], other["noise"])
    assert first["t"].dtype == torch.int64


def test_the_rate_rises_stays_and_falls(recipe: Mini) -> None:
    rates = [recipe.rate(Progress(step, 0, share)) for step, share in ((0, 0.0), (9_999, 0.4), (9_999, 1.0))]
    assert rates == pytest.approx([1 / recipe.course.warm_up_steps, 1, recipe.course.last_rate])


def test_the_bound_is_zero_where_the_estimate_is_the_posterior() -> None:
    diffusion, generator = Diffusion(linear_betas()), torch.Generator().manual_seed(0)
    start = torch.rand(2, 3, 8, 8, generator=generator) * 2 - 1
    t = torch.tensor([40, 900])
    noisy = diffusion.noisy(start, t, torch.randn(start.shape, generator=generator))
    log = diffusion.posterior_log(t).expand_as(start)
    exact = Estimate(diffusion.posterior_mean(start, noisy, t), log, start)
    assert bits_per_dimension(diffusion, exact, start, noisy, t).abs().max() < 1e-6
    wide = exact._replace(log_variance=log + math.log(4))
    # KL of N(0, s²) to N(0, 4 s²): (log 4 - 3/4) / 2 nats
    torch.testing.assert_close(
        bits_per_dimension(diffusion, wide, start, noisy, t), torch.full((2,), (math.log(4) - 0.75) / 2 / math.log(2))
    )


def test_the_last_step_counts_the_bits_of_an_eight_bit_level() -> None:
    """A normal much wider than a level has nearly its density times the level's width there."""
    diffusion, t = Diffusion(linear_betas()), torch.tensor([0])
    start = torch.full((1, 3, 4, 4), 0.2)
    estimate = Estimate(start + 0.1, torch.full_like(start, math.log(0.1**2)), start)
    density = math.exp(-0.5) / (0.1 * math.sqrt(2 * math.pi))
    expected = -math.log2(density * 2 / 255)
    found = bits_per_dimension(diffusion, estimate, start, start, t)
    assert float(found) == pytest.approx(expected, abs=1e-3)
