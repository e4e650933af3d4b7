"""What guidance does, where the stored outputs of the release do not say it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.nn.diffusion import Diffusion, linear_betas, respaced
from harness_gdp.degradations import block_means, blurred, colour_cast, gaussian_kernel, grey
from harness_gdp.guidance import Form, Guide, Point, guided_sample
from harness_gdp.tasks import TASKS, strength


def _picture(size: tuple[int, int], seed: int = 0, count: int = 1) -> Tensor:
    return torch.rand(count, 3, *size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(9, 20), (16, 12), (11, 13)])
def test_block_means_and_grey_done_twice_are_done_once(size: tuple[int, int]) -> None:
    for degrade in (block_means, grey):
        once = degrade(_picture(size))
        assert once.shape == (1, 3, *size)
        torch.testing.assert_close(degrade(once), once, atol=1e-6, rtol=0)


def test_a_block_that_the_edge_cuts_is_the_mean_of_what_is_there() -> None:
    image = _picture((6, 9))
    torch.testing.assert_close(
        block_means(image)[..., 4:, 8:], image[..., 4:, 8:].mean((2, 3), True).expand(1, 3, 2, 1)
    )


def test_the_blur_keeps_means_and_loses_its_margin() -> None:
    assert float(gaussian_kernel().sum()) == pytest.approx(1)
    flat = torch.full((2, 3, 12, 15), 0.3)
    torch.testing.assert_close(blurred(flat), torch.full((2, 3, 4, 7), 0.3))


def test_a_grey_picture_has_no_cast_and_a_finite_gradient() -> None:
    image = grey(_picture((8, 8))).clone().requires_grad_()
    cast = colour_cast(image)
    assert float(cast.detach()) == 0
    (gradient,) = torch.autograd.grad(cast.sum(), image)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("task", TASKS)
def test_the_pull_vanishes_at_what_explains_the_observation_and_leads_there_from_elsewhere(task: str) -> None:
    truth = grey(_picture((16, 20))).contiguous()
    seen = torch.nn.functional.pad(blurred(truth), (4,) * 4) if task == "blur" else TASKS[task].degrade(truth)
    guide = TASKS[task].guide(seen, 1.0)
    assert guide(2 * truth - 1).abs().max() < 1e-6
    other = 2 * _picture((24, 32), 1) - 1
    pull = guide(other)
    assert pull[..., :16, :20].abs().max() > 0
    assert (pull[..., 16:, :] == 0).all()
    assert (pull[..., 20:] == 0).all()

    def apart(drawn: Tensor) -> float:
        return float((guide.degrade(drawn[..., :16, :20] / 2 + 0.5) - guide.observed).square().mean())

    assert apart(other + 100 * pull) < apart(other)


def test_each_picture_of_a_batch_is_pulled_alone() -> None:
    seen, other = block_means(_picture((8, 8), 0, 3)), _picture((8, 8), 1, 3)
    together = Guide(block_means, seen, 5.0, 2.0)(other)
    alone = torch.cat([Guide(block_means, seen[k : k + 1], 5.0, 2.0)(other[k : k + 1]) for k in range(3)])
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("form", ["mean", "score"])
@pytest.mark.parametrize("point", ["x0", "xt"])
def test_a_guided_sample_comes_nearer_to_what_was_observed(point: Point, form: Form) -> None:
    """With a prior that predicts no noise: only the pull leads anywhere. At 10 steps of a 32 px picture."""
    seen = TASKS["sr4"].degrade(_picture((32, 32)))
    diffusion = Diffusion(linear_betas(), respaced(1000, [10]))

    def sample(scale: float) -> Tensor:
        generator = torch.Generator().manual_seed(3)
        return guided_sample(
            lambda noisy, _: torch.cat([0.9 * noisy, torch.zeros_like(noisy)], 1), diffusion,
            lambda: torch.randn(1, 3, 32, 32, generator=generator), TASKS["sr4"].guide(seen, scale), point, form,
        )  # fmt: skip

    scale = strength(TASKS["sr4"].scale(form), form, 32, 32, 10)
    far, near = (float((block_means(sample(s) / 2 + 0.5) - seen).square().mean()) for s in (0.0, scale))
    assert near < 0.7 * far


def test_strength_is_the_release_s_at_its_size_and_steps_and_pulls_each_pixel_alike() -> None:
    assert strength(4000, "mean", 256, 256, 1000) == 4000
    assert strength(4000, "mean", 128, 128, 50) == 4000 / 4 * 20
    assert strength(250_000, "score", 128, 128, 50) == 250_000 / 4
    assert strength(250_000, "score", 256, 256, 1000) == 250_000


def test_a_picture_inside_the_blur_s_margin_is_refused() -> None:
    with pytest.raises(HarnessError, match="20×8 is smaller"):
        TASKS["blur"].guide(_picture((8, 20)), 1.0)
