"""What guidance does, where the stored outputs of the release do not say it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.nn.diffusion import Diffusion, linear_betas, respaced
from harness_gdp.degradations import block_means, blurred, colour_cast, gaussian_kernel, grey
from harness_gdp.distances import DISTANCES, Distance
from harness_gdp.guidance import Form, Guide, Point, Quality, guided_sample
from harness_gdp.options import Options
from harness_gdp.tasks import TASKS, task_of


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


@pytest.mark.parametrize("distance", ["mse", "ssim"])
@pytest.mark.parametrize("task", [*TASKS, "sr4+colour", "blur+sr4"])
def test_the_pull_vanishes_at_what_explains_the_observation_and_leads_there_from_elsewhere(
    task: str, distance: Distance
) -> None:
    done, truth = task_of(task), grey(_picture((28, 32))).contiguous()
    left = done.degrade(truth)
    seen = torch.nn.functional.pad(left, (4,) * 4) if "blur" in task else left
    torch.testing.assert_close(done.observed(seen), left, atol=1e-6, rtol=0)
    guide = Guide(done.degrade, left, 1.0, size=(28, 32), distance=distance)
    assert guide(2 * truth - 1).abs().max() < 1e-6
    other = 2 * _picture((32, 40), 1) - 1
    pull = guide(other)
    assert pull[..., :28, :32].abs().max() > 0
    assert (pull[..., 28:, :] == 0).all()
    assert (pull[..., 32:] == 0).all()

    def apart(drawn: Tensor) -> float:
        return float(DISTANCES[distance](done.degrade(drawn[..., :28, :32] / 2 + 0.5), left))

    assert apart(other + 100 * pull) < apart(other)


def test_another_distance_pulls_as_hard_as_the_mean_square() -> None:
    seen, other = _picture((16, 16), 0, 2), 2 * _picture((16, 16), 1, 2) - 1
    lengths = [Guide(lambda x: x, seen, 3.0, distance=d)(other).flatten(1).norm(dim=1) for d in ("mse", "ssim")]
    torch.testing.assert_close(lengths[0], lengths[1])


def test_the_perceptual_distance_is_none_to_itself_and_has_a_gradient() -> None:
    seen = _picture((32, 32))
    assert float(DISTANCES["perceptual"](seen, seen)) == 0
    pull = Guide(lambda x: x, seen, 1.0, distance="perceptual")(2 * _picture((32, 32), 1) - 1)
    assert pull.isfinite().all()
    assert pull.abs().max() > 0


def test_quality_losses_pull_to_the_wanted_grey_and_away_from_a_cast() -> None:
    dark = torch.full((1, 3, 16, 16), -0.5)
    assert (Guide(lambda x: x, dark / 2 + 0.5, 0.0, Quality(exposure=1.0, target=0.3))(dark) > 0).all()
    red = dark.clone()
    red[:, 0] = 0.5
    pull = Guide(lambda x: x, red, 0.0, Quality(colour=1.0))(red)
    assert (pull[:, 0] < 0).all()
    assert (pull[:, 1:] > 0).all()
    step = torch.zeros(1, 3, 16, 16)
    step[..., 8:] = 1
    pull = Guide(lambda x: x, step, 0.0, Quality(spatial=1.0))(dark)
    assert float(pull[..., 8:12].mean()) > float(pull[..., 4:8].mean())


def test_each_picture_of_a_batch_is_pulled_alone() -> None:
    seen, other = block_means(_picture((8, 8), 0, 3)), _picture((8, 8), 1, 3)
    together = Guide(block_means, seen, 5.0, Quality(colour=2.0))(other)
    alone = torch.cat(
        [Guide(block_means, seen[k : k + 1], 5.0, Quality(colour=2.0))(other[k : k + 1]) for k in range(3)]
    )
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("form", ["mean", "score"])
@pytest.mark.parametrize("point", ["x0", "xt"])
def test_a_guided_sample_comes_nearer_to_what_was_observed(point: Point, form: Form) -> None:
    """With a prior that predicts no noise: only the pull leads anywhere. At 10 steps of a 32 px picture."""
    task = task_of("sr4")
    seen = task.degrade(_picture((32, 32)))
    diffusion = Diffusion(linear_betas(), respaced(1000, [10]))

    def sample(scale: float) -> Tensor:
        generator = torch.Generator().manual_seed(3)
        return guided_sample(
            lambda noisy, _: torch.cat([0.9 * noisy, torch.zeros_like(noisy)], 1), diffusion,
            lambda: torch.randn(1, 3, 32, 32, generator=generator), Guide(task.degrade, seen, scale), point, form,
        )  # fmt: skip

    scale = Options(form=form).pull(task.scales.of(form), diffusion, (32, 32))
    far, near = (float((block_means(sample(s) / 2 + 0.5) - seen).square().mean()) for s in (0.0, scale))
    assert near < 0.7 * far


def _steps(count: int) -> Diffusion:
    return Diffusion(linear_betas(), respaced(1000, [count]))


def test_the_pull_is_the_release_s_at_its_size_and_steps_and_pulls_each_pixel_alike() -> None:
    mean, score, varied = Options(), Options(form="score"), Options(variance="on")
    assert mean.pull(4000, _steps(1000), (256, 256)) == 4000
    assert mean.pull(4000, _steps(50), (128, 128)) == 4000 / 4 * 20
    assert score.pull(250_000, _steps(50), (128, 128)) == 250_000 / 4
    assert score.pull(250_000, _steps(1000), (256, 256)) == 250_000
    short = _steps(50)
    assert varied.unit(short, (256, 256)) * short.betas.mean() == pytest.approx(20)


def test_no_pull_but_the_release_s_leads_beyond_what_was_observed() -> None:
    """The gradient step of that size lands on the observation, where D leaves a picture as it is."""
    most = Options().pull(80_000, _steps(50), (16, 16))
    assert most < Options(preset="release").pull(80_000, _steps(50), (16, 16))
    seen, start = _picture((16, 16)), 2 * _picture((16, 16), 1) - 1
    landed = start + Guide(lambda x: x, seen, most)(start)
    torch.testing.assert_close(landed / 2 + 0.5, seen, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"scale": -1.0}, "scale=-1"),
        ({"weight": -1.0}, "weight=-1"),
        ({"window": -8}, "window=-8"),
        ({"form": "score", "variance": "on"}, "leave out variance=on"),
        ({"losses": "colour+warmth"}, "no loss is called warmth"),
    ],
)
def test_options_that_cannot_be_are_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(HarnessError, match=told):
        Options.read(given)


def test_presets_decide_what_is_left_to_them() -> None:
    assert Options.read({}).steps == 50
    assert Options.read({"preset": "paper"}).steps == Options.read({"preset": "release"}).steps == 1000
    assert Options.read({"preset": "release", "steps": 7, "point": "xt"}).ways == ("xt", "mean")
    assert Options().chosen(("tv",)) == ("tv",)
    assert Options(losses="none").chosen(("tv",)) == ()


def test_a_picture_inside_the_blur_s_margin_and_an_unknown_task_are_refused() -> None:
    with pytest.raises(HarnessError, match="20×8 is smaller"):
        task_of("blur").observed(_picture((8, 20)))
    with pytest.raises(HarnessError, match="no degradation is called 'fog'"):
        task_of("sr4+fog")
